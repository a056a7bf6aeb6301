import { Hono } from 'hono';
import { appAllows } from '../domain/access.ts';
import { notFound } from '../domain/errors.ts';
import type { Double } from '../double.ts';
import { fullOrganization, orgMembership, simpleUser } from '../shapes/account.ts';
import { repositoryShape } from '../shapes/repository.ts';
import type { Account } from '../store/accounts.ts';
import { viewerPermission } from '../domain/access.ts';
import { forbidden } from './context.ts';
import type { ApiContext, ApiEnv } from './context.ts';
import { paginate } from './pagination.ts';

/** Organizations, their members and their repositories. */
export function organizationRoutes(double: Double): Hono<ApiEnv> {
  const { store, urls } = double;
  const routes = new Hono<ApiEnv>();

  const organizationOf = (c: ApiContext): Account => {
    const account = store.accounts.byLogin(c.req.param('org') ?? '');
    if (account === undefined || account.type !== 'Organization') throw notFound();
    return account;
  };

  /** Only members (and apps installed there) are told who is in an organization. */
  const seesMembers = (c: ApiContext, organization: Account): boolean => {
    const viewer = c.get('viewer');
    switch (viewer.kind) {
      case 'user':
        return store.accounts.role(organization.id, viewer.user.id) !== undefined;
      case 'installation':
        return viewer.installation.accountId === organization.id;
      case 'anonymous':
      case 'app':
        return false;
    }
  };

  routes.get('/orgs/:org', (c) => {
    const organization = organizationOf(c);
    const publicRepositories = store.repositories
      .ofOwner(organization.id)
      .filter((repository) => !repository.private).length;
    return c.json(fullOrganization(urls, organization, publicRepositories));
  });

  routes.get('/orgs/:org/members', (c) => {
    const organization = organizationOf(c);
    // GitHub shows outsiders the public members; every membership here is a private one.
    if (!seesMembers(c, organization)) return c.json([]);
    if (!appAllows(c.get('viewer'), 'members', 'read')) throw forbidden();
    const role = c.req.query('role');
    const list = store.accounts
      .members(organization.id)
      .filter((member) => role === undefined || role === 'all' || member.role === role);
    return c.json(paginate(double, c, list).map(({ user }) => simpleUser(urls, user)));
  });

  routes.get('/orgs/:org/members/:username', (c) => {
    const organization = organizationOf(c);
    const user = store.accounts.byLogin(c.req.param('username'));
    const member = user !== undefined && store.accounts.role(organization.id, user.id) !== undefined;
    if (!member || !seesMembers(c, organization)) throw notFound();
    return c.body(null, 204);
  });

  routes.get('/orgs/:org/memberships/:username', (c) => {
    const organization = organizationOf(c);
    if (!seesMembers(c, organization)) throw forbidden();
    if (!appAllows(c.get('viewer'), 'members', 'read')) throw forbidden();
    const user = store.accounts.byLogin(c.req.param('username'));
    const role = user === undefined ? undefined : store.accounts.role(organization.id, user.id);
    if (user === undefined || role === undefined) throw notFound();
    return c.json(orgMembership(urls, organization, user, role));
  });

  routes.get('/orgs/:org/repos', (c) => {
    const organization = organizationOf(c);
    const list = store.repositories.ofOwner(organization.id).flatMap((repository) => {
      const permission = viewerPermission(store, c.get('viewer'), repository);
      return permission === undefined ? [] : [{ repository, permission }];
    });
    return c.json(
      paginate(double, c, list).map(({ repository, permission }) =>
        repositoryShape(urls, repository, { permission }),
      ),
    );
  });

  return routes;
}
