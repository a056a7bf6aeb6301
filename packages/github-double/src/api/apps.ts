import { randomBytes } from 'node:crypto';
import { Hono } from 'hono';
import { z } from 'zod';
import { installationRepositories } from '../domain/access.ts';
import { GitHubError, notFound } from '../domain/errors.ts';
import { describeInstallation, setSuspended, uninstall } from '../domain/installations.ts';
import type { Double } from '../double.ts';
import { isoSeconds } from '../double.ts';
import { appShape } from '../shapes/app.ts';
import { repositoryShape } from '../shapes/repository.ts';
import type { App, Installation } from '../store/apps.ts';
import { visibleRepository, jsonBody, requireApp, requireInstallation } from './context.ts';
import type { ApiContext, ApiEnv } from './context.ts';
import { paginate } from './pagination.ts';

const installationTokenLifetimeMs = 3_600_000;

const tokenInput = z.object({
  repositories: z.array(z.string()).optional(),
  repository_ids: z.array(z.int()).optional(),
  permissions: z.record(z.string(), z.enum(['read', 'write', 'admin'])).optional(),
});

/** Routes an app uses as itself: who it is, where it is installed, and the tokens for that. */
export function appRoutes(double: Double): Hono<ApiEnv> {
  const { store } = double;
  const routes = new Hono<ApiEnv>();

  const describeApp = (app: App) => {
    const owner = store.accounts.byId(app.ownerId);
    if (owner === undefined) throw notFound();
    return appShape(double.urls, app, owner, store.apps.installationsOfApp(app.id).length);
  };

  const ownInstallation = (c: ApiContext): Installation => {
    const { app } = requireApp(c);
    const installation = store.apps.installation(Number(c.req.param('id')));
    if (installation === undefined || installation.appId !== app.id) throw notFound();
    return installation;
  };

  routes.get('/app', (c) => c.json(describeApp(requireApp(c).app)));

  routes.get('/apps/:slug', (c) => {
    const app = store.apps.bySlug(c.req.param('slug'));
    if (app === undefined) throw notFound();
    return c.json(describeApp(app));
  });

  routes.get('/app/installations', (c) => {
    const list = store.apps.installationsOfApp(requireApp(c).app.id);
    return c.json(paginate(double, c, list).map((entry) => describeInstallation(double, entry)));
  });

  routes.get('/app/installations/:id', (c) => c.json(describeInstallation(double, ownInstallation(c))));

  routes.delete('/app/installations/:id', (c) => {
    const installation = ownInstallation(c);
    uninstall(double, installation, installer(installation));
    return c.body(null, 204);
  });

  routes.put('/app/installations/:id/suspended', (c) => {
    const installation = ownInstallation(c);
    setSuspended(double, installation, true, installer(installation));
    return c.body(null, 204);
  });

  routes.delete('/app/installations/:id/suspended', (c) => {
    const installation = ownInstallation(c);
    setSuspended(double, installation, false, installer(installation));
    return c.body(null, 204);
  });

  /** GitHub names the app's owner as the sender of what the app does to its own installation. */
  const installer = (installation: Installation) => {
    const account = store.accounts.byId(
      store.apps.byId(installation.appId)?.ownerId ?? installation.accountId,
    );
    if (account === undefined) throw notFound();
    return account;
  };

  routes.post('/app/installations/:id/access_tokens', async (c) => {
    const installation = ownInstallation(c);
    const { app } = requireApp(c);
    if (installation.suspendedAt !== null) {
      throw new GitHubError(403, 'This installation has been suspended');
    }
    const input = await jsonBody(c, tokenInput);
    const covered = installationRepositories(store, installation);
    const wanted = [...(input.repository_ids ?? []), ...(input.repositories ?? [])];
    const chosen = wanted.map((one) => {
      const repository = covered.find((entry) => entry.id === one || entry.name === one);
      if (repository !== undefined) return repository;
      throw new GitHubError(
        422,
        'There is at least one repository that does not exist or is not accessible to the parent installation.',
      );
    });
    const permissions = input.permissions ?? app.permissions;
    for (const [name, level] of Object.entries(permissions)) {
      const granted = app.permissions[name];
      if (granted === undefined || (level !== 'read' && granted === 'read')) {
        throw new GitHubError(422, 'The permissions requested are not granted to this installation.');
      }
    }
    const token = `ghs_${randomBytes(27).toString('base64url').replaceAll(/[-_]/g, 'A')}`;
    const expiresAt = isoSeconds(Date.now() + installationTokenLifetimeMs);
    store.tokens.insert({
      token,
      kind: 'installation',
      appId: app.id,
      installationId: installation.id,
      permissions,
      repositoryIds: wanted.length === 0 ? null : chosen.map((repository) => repository.id),
      expiresAt,
    });
    return c.json(
      {
        token,
        expires_at: expiresAt,
        permissions,
        repository_selection: wanted.length === 0 ? installation.repositorySelection : 'selected',
        ...(wanted.length === 0
          ? {}
          : { repositories: chosen.map((repository) => repositoryShape(double.urls, repository)) }),
      },
      201,
    );
  });

  routes.get('/installation/repositories', (c) => {
    const viewer = requireInstallation(c);
    const list = installationRepositories(store, viewer.installation).filter(
      (repository) => viewer.repositoryIds === null || viewer.repositoryIds.includes(repository.id),
    );
    const permission = viewer.permissions['contents'] === 'write' ? 'write' : 'read';
    return c.json({
      total_count: list.length,
      repository_selection: viewer.installation.repositorySelection,
      repositories: paginate(double, c, list).map((repository) =>
        repositoryShape(double.urls, repository, { permission }),
      ),
    });
  });

  routes.delete('/installation/token', (c) => {
    store.tokens.remove(requireInstallation(c).token);
    return c.body(null, 204);
  });

  const installationOn = (c: ApiContext, login: string) => {
    const { app } = requireApp(c);
    const account = store.accounts.byLogin(login);
    const found = account === undefined ? undefined : store.apps.installationOf(app.id, account.id);
    if (found === undefined) throw notFound();
    return describeInstallation(double, found);
  };

  routes.get('/orgs/:org/installation', (c) => c.json(installationOn(c, c.req.param('org'))));
  routes.get('/users/:username/installation', (c) => c.json(installationOn(c, c.req.param('username'))));
  routes.get('/repos/:owner/:repo/installation', (c) => {
    requireApp(c);
    const repository = store.repositories.byName(c.req.param('owner'), c.req.param('repo'));
    if (repository === undefined) visibleRepository(double, c);
    return c.json(installationOn(c, c.req.param('owner')));
  });

  routes.post('/app-manifests/:code/conversions', (c) => {
    const taken = store.apps.takeManifestCode(c.req.param('code'));
    const app = taken === undefined ? undefined : store.apps.byId(taken.appId);
    if (taken === undefined || app === undefined || Date.parse(taken.expiresAt) < Date.now()) {
      throw notFound();
    }
    const { installations_count: _count, ...shape } = describeApp(app);
    return c.json(
      {
        ...shape,
        client_id: app.clientId,
        client_secret: app.clientSecret,
        webhook_secret: app.webhookSecret,
        pem: taken.privateKeyPem,
      },
      201,
    );
  });

  return routes;
}
