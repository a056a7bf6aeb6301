import { ApiError } from '@foundry/client/api-error';
import type { FoundryClient } from '@foundry/client/foundry-client';
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { z } from 'zod';
import { OrganizationsPage } from '../features/account/organizations-page.tsx';
import { SignInPage } from '../features/account/sign-in-page.tsx';
import { OrganizationLayout } from '../features/organization/organization-layout.tsx';
import { OverviewPage } from '../features/organization/overview-page.tsx';
import { Loading } from '../ui/spinner.tsx';
import { ErrorPage, NotFoundPage } from './error-pages.tsx';
import { lastOrganizationSchema, readSetting } from './local-setting.ts';
import { meQuery } from './queries.ts';
import { RootLayout } from './root-layout.tsx';
import { SignedInLayout } from './signed-in-layout.tsx';

interface RouterContext {
  client: FoundryClient;
  queryClient: QueryClient;
}

const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: RootLayout,
  notFoundComponent: NotFoundPage,
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  component: SignInPage,
  validateSearch: z.object({
    /** Path to return to. */
    next: z.string().optional().catch(undefined),
    error: z.string().optional().catch(undefined),
    reason: z.enum(['signed_out', 'ended']).optional().catch(undefined),
  }),
});

const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'signed-in',
  component: SignedInLayout,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(meQuery(context.client.api));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      const search = location.href === '/' ? {} : { next: location.href };
      throw redirect({ to: '/sign-in', search });
    }
  },
});

const homeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/',
  beforeLoad: () => {
    const organizationId = readSetting('last-organization', lastOrganizationSchema);
    if (organizationId === null) throw redirect({ to: '/organizations' });
    throw redirect({ to: '/organizations/$organizationId', params: { organizationId } });
  },
});

const organizationsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/organizations',
  component: OrganizationsPage,
});

const organizationRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/organizations/$organizationId',
  component: OrganizationLayout,
});

const overviewRoute = createRoute({
  getParentRoute: () => organizationRoute,
  path: '/',
  component: OverviewPage,
});

const taskRoute = createRoute({
  getParentRoute: () => organizationRoute,
  path: '/tasks/$taskId',
  component: lazyRouteComponent(() => import('../features/task/task-page.tsx'), 'TaskPage'),
  validateSearch: z.object({
    session: z.string().optional().catch(undefined),
    view: z.enum(['conversation', 'changes']).optional().catch(undefined),
  }),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  signedInRoute.addChildren([
    homeRoute,
    organizationsRoute,
    organizationRoute.addChildren([overviewRoute, taskRoute]),
  ]),
]);

export function createAppRouter(context: RouterContext) {
  return createRouter({
    routeTree,
    context,
    defaultErrorComponent: ErrorPage,
    defaultPendingComponent: () => <Loading label="Loading…" />,
    defaultPendingMs: 300,
    // Of the code only: what pages show comes over the live connection.
    defaultPreload: 'intent',
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
