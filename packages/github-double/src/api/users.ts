import { Hono } from 'hono';
import { installationRepositories, userPermission } from '../domain/access.ts';
import { notFound } from '../domain/errors.ts';
import { describeInstallation } from '../domain/installations.ts';
import type { Double } from '../double.ts';
import { orgMembership, privateUser, publicUser, simpleOrganization } from '../shapes/account.ts';
import { repositoryShape } from '../shapes/repository.ts';
import type { Account } from '../store/accounts.ts';
import type { Installation } from '../store/apps.ts';
import { requireUser } from './context.ts';
import type { ApiEnv } from './context.ts';
import { paginate } from './pagination.ts';

/** The signed-in person: profile, addresses, organizations, installations they can reach; and public profiles. */
export function userRoutes(double: Double): Hono<ApiEnv> {
  const { store } = double;
  const routes = new Hono<ApiEnv>();

  const counts = (account: Account) => {
    const owned = store.repositories.ofOwner(account.id);
    const privateRepositories = owned.filter((repository) => repository.private).length;
    return { publicRepositories: owned.length - privateRepositories, privateRepositories };
  };

  /** Repositories of an installation that this person may see too. */
  const reachable = (installation: Installation, userId: number) =>
    installationRepositories(store, installation).flatMap((repository) => {
      const permission = userPermission(store, repository, userId);
      return permission === undefined ? [] : [{ repository, permission }];
    });

  /** Whether the person sees the installation at all: theirs, their organization's, or one with a repository of theirs. */
  const sees = (installation: Installation, userId: number) =>
    installation.accountId === userId ||
    store.accounts.role(installation.accountId, userId) !== undefined ||
    installationRepositories(store, installation).some(
      (repository) => store.repositories.grant(repository.id, userId) !== undefined,
    );

  routes.get('/user', (c) => {
    const { user } = requireUser(c);
    return c.json(privateUser(double.urls, user, counts(user)));
  });

  routes.get('/user/emails', (c) => {
    const { user } = requireUser(c);
    const address = { email: user.email, primary: true, verified: true, visibility: 'private' };
    return c.json(paginate(double, c, [address]));
  });

  routes.get('/user/orgs', (c) => {
    const { user } = requireUser(c);
    const list = store.accounts.organizationsOf(user.id);
    return c.json(
      paginate(double, c, list).map(({ organization }) => simpleOrganization(double.urls, organization)),
    );
  });

  routes.get('/user/memberships/orgs', (c) => {
    const { user } = requireUser(c);
    const list = c.req.query('state') === 'pending' ? [] : store.accounts.organizationsOf(user.id);
    return c.json(
      paginate(double, c, list).map(({ organization, role }) =>
        orgMembership(double.urls, organization, user, role),
      ),
    );
  });

  routes.get('/user/memberships/orgs/:org', (c) => {
    const { user } = requireUser(c);
    const organization = store.accounts.byLogin(c.req.param('org'));
    const role = organization === undefined ? undefined : store.accounts.role(organization.id, user.id);
    if (organization === undefined || role === undefined) throw notFound();
    return c.json(orgMembership(double.urls, organization, user, role));
  });

  routes.get('/user/installations', (c) => {
    const { user, app } = requireUser(c);
    const list = (app === undefined ? [] : store.apps.installationsOfApp(app.id)).filter((installation) =>
      sees(installation, user.id),
    );
    return c.json({
      total_count: list.length,
      installations: paginate(double, c, list).map((entry) => describeInstallation(double, entry)),
    });
  });

  routes.get('/user/installations/:id/repositories', (c) => {
    const { user, app } = requireUser(c);
    const installation = store.apps.installation(Number(c.req.param('id')));
    if (installation === undefined || installation.appId !== app?.id || !sees(installation, user.id)) {
      throw notFound();
    }
    const list = installation.suspendedAt === null ? reachable(installation, user.id) : [];
    return c.json({
      total_count: list.length,
      repository_selection: installation.repositorySelection,
      repositories: paginate(double, c, list).map(({ repository, permission }) =>
        repositoryShape(double.urls, repository, { permission }),
      ),
    });
  });

  routes.get('/user/repos', (c) => {
    const { user, app } = requireUser(c);
    const list = store.repositories.all().flatMap((repository) => {
      const direct =
        repository.ownerId === user.id ||
        store.accounts.role(repository.ownerId, user.id) !== undefined ||
        store.repositories.grant(repository.id, user.id) !== undefined;
      const permission = direct ? userPermission(store, repository, user.id) : undefined;
      const installed =
        app === undefined || store.apps.installationOf(app.id, repository.ownerId) !== undefined;
      return permission === undefined || (repository.private && !installed)
        ? []
        : [{ repository, permission }];
    });
    return c.json(
      paginate(double, c, list).map(({ repository, permission }) =>
        repositoryShape(double.urls, repository, { permission }),
      ),
    );
  });

  routes.get('/users/:username', (c) => {
    const account = store.accounts.byLogin(c.req.param('username'));
    if (account === undefined) throw notFound();
    return c.json(publicUser(double.urls, account, counts(account).publicRepositories));
  });

  routes.get('/user/:id{[0-9]+}', (c) => {
    const account = store.accounts.byId(Number(c.req.param('id')));
    if (account === undefined) throw notFound();
    return c.json(publicUser(double.urls, account, counts(account).publicRepositories));
  });

  return routes;
}
