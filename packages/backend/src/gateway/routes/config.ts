import { z } from 'zod';
import { gatewayRoute, json, routeGroup } from '../route.ts';

const configSchema = z.object({
  appName: z.string(),
  githubAppSlug: z.string().nullable(),
  /** Where the GitHub App is installed on an account; null until an App is configured. */
  installUrl: z.string().nullable(),
  githubWebUrl: z.string(),
  /** GitHub is a double on this machine: no account is needed. */
  demo: z.boolean(),
});

/** What everyone may know before signing in. */
export const configRoutes = routeGroup().openapi(
  gatewayRoute('public', {
    method: 'get',
    path: '/api/v1/config',
    responses: { 200: { description: 'About this server.', content: json(configSchema) } },
  }),
  (c) => {
    const { github } = c.get('gateway').config;
    const slug = github.app?.slug ?? null;
    return c.json(
      {
        appName: 'Foundry',
        githubAppSlug: slug,
        installUrl: slug === null ? null : `${github.webUrl}/apps/${slug}/installations/new`,
        githubWebUrl: github.webUrl,
        demo: github.isDemo,
      },
      200,
    );
  },
);
