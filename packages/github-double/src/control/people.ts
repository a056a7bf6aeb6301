import { Hono } from 'hono';
import { z } from 'zod';
import { jsonBody } from '../api/context.ts';
import type { ApiContext, ApiEnv } from '../api/context.ts';
import { GitHubError, notFound } from '../domain/errors.ts';
import { install, selectRepositories, setSuspended, uninstall } from '../domain/installations.ts';
import {
  announceTeam,
  announceTeamMembership,
  removeCollaborator,
  removeOrganizationMember,
  setCollaborator,
  setOrganizationMember,
} from '../domain/members.ts';
import { emitAuthorizationRevoked } from '../webhooks/emit.ts';
import type { Double } from '../double.ts';
import { now } from '../double.ts';
import { issuePersonalToken } from '../oauth/tokens.ts';
import type { Account } from '../store/accounts.ts';
import type { Installation } from '../store/apps.ts';
import type { OwnedRepository } from '../store/repositories.ts';

const login = z.string().min(1);
const memberInput = z.strictObject({
  role: z.enum(['admin', 'member']).default('member'),
  login: login.optional(),
});
const collaboratorInput = z.strictObject({
  permission: z.enum(['read', 'triage', 'write', 'maintain', 'admin']).default('write'),
  login: login.optional(),
});
const userInput = z.strictObject({
  login: z.string().regex(/^[\w-]+$/),
  name: z.string().optional(),
  email: z.email().optional(),
});
const membershipInput = z.strictObject({
  login,
  action: z.enum(['added', 'removed']).default('added'),
  team: z.string().default('everyone'),
});
const teamInput = z.strictObject({
  action: z.enum(['added_to_repository', 'removed_from_repository', 'edited']),
  team: z.string().default('everyone'),
  repository: z.string(),
});
const installationInput = z.strictObject({
  account: login,
  repositories: z.array(z.string()).nullable().default(null),
  login: login.optional(),
});
const installationChange = z.strictObject({
  suspended: z.boolean().optional(),
  repositories: z.array(z.string()).nullable().optional(),
  login: login.optional(),
});

/** Users, members, collaborators, tokens and installations. The helpers come from the other control routes. */
export function peopleRoutes(
  double: Double,
  person: (name: string) => Account,
  repositoryOf: (c: ApiContext) => OwnedRepository,
  actorFor: (account: Account, name: string | undefined) => Account,
): Hono<ApiEnv> {
  const { store } = double;
  const routes = new Hono<ApiEnv>();

  routes.post('/users', async (c) => {
    const input = await jsonBody(c, userInput);
    if (store.accounts.byLogin(input.login) !== undefined) throw new GitHubError(422, 'Login is taken.');
    const user = store.accounts.insert({
      login: input.login,
      type: 'User',
      name: input.name ?? input.login,
      email: input.email ?? `${input.login}@example.com`,
      createdAt: now(),
    });
    return c.json({ id: user.id, login: user.login }, 201);
  });

  routes.post('/users/:username/tokens', (c) =>
    c.json({ token: issuePersonalToken(double, person(c.req.param('username')).id) }, 201),
  );
  routes.post('/users/:username/tokens/expire', (c) => {
    const user = person(c.req.param('username'));
    return c.json({ expired: store.tokens.expireUserTokens(user.id, '2000-01-01T00:00:00Z') });
  });
  routes.delete('/users/:username/tokens', (c) => {
    const user = person(c.req.param('username'));
    const app = store.apps.byId(double.appId);
    const revoked = store.transaction(() => {
      if (app !== undefined) emitAuthorizationRevoked(double, app, user);
      return store.tokens.removeOfUser(user.id);
    });
    double.webhooks.kick();
    return c.json({ revoked });
  });

  routes.put('/orgs/:org/members/:username', async (c) => {
    const { role, login: by } = await jsonBody(c, memberInput);
    const organization = person(c.req.param('org'));
    const user = person(c.req.param('username'));
    setOrganizationMember(double, organization, user, role, actorFor(organization, by));
    return c.json({ ok: true });
  });
  routes.delete('/orgs/:org/members/:username', (c) => {
    const organization = person(c.req.param('org'));
    const user = person(c.req.param('username'));
    removeOrganizationMember(double, organization, user, actorFor(organization, c.req.query('login')));
    return c.json({ ok: true });
  });
  routes.post('/orgs/:org/memberships', async (c) => {
    const organization = person(c.req.param('org'));
    const { login: name, action, team } = await jsonBody(c, membershipInput);
    const slug = team.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    const sender = actorFor(organization, undefined);
    announceTeamMembership(double, organization, person(name), { id: 1, name: team, slug }, action, sender);
    return c.json({ ok: true });
  });

  routes.post('/orgs/:org/teams', async (c) => {
    const organization = person(c.req.param('org'));
    const { action, team, repository: name } = await jsonBody(c, teamInput);
    const repository = store.repositories.byName(organization.login, name);
    if (repository === undefined) throw new GitHubError(422, `There is no repository ${name}.`);
    announceTeam(
      double,
      organization,
      { id: 1, name: team },
      action,
      repository,
      actorFor(organization, undefined),
    );
    return c.json({ ok: true });
  });

  routes.put('/repos/:owner/:repo/collaborators/:username', async (c) => {
    const repository = repositoryOf(c);
    const { permission, login: by } = await jsonBody(c, collaboratorInput);
    const user = person(c.req.param('username'));
    setCollaborator(double, repository, user, permission, actorFor(repository.owner, by));
    return c.json({ ok: true });
  });
  routes.delete('/repos/:owner/:repo/collaborators/:username', (c) => {
    const repository = repositoryOf(c);
    const user = person(c.req.param('username'));
    removeCollaborator(double, repository, user, actorFor(repository.owner, c.req.query('login')));
    return c.json({ ok: true });
  });

  const repositoryIds = (account: Account, names: readonly string[] | null): number[] | null =>
    names === null
      ? null
      : names.map((name) => {
          const repository = store.repositories.byName(account.login, name);
          if (repository === undefined) throw new GitHubError(422, `There is no repository ${name}.`);
          return repository.id;
        });
  const installationOf = (c: ApiContext): { installation: Installation; account: Account } => {
    const installation = store.apps.installation(Number(c.req.param('id')));
    const account = installation === undefined ? undefined : store.accounts.byId(installation.accountId);
    if (installation === undefined || account === undefined) throw notFound();
    return { installation, account };
  };

  routes.post('/installations', async (c) => {
    const input = await jsonBody(c, installationInput);
    const account = person(input.account);
    const app = store.apps.byId(double.appId);
    if (app === undefined) throw notFound();
    const ids = repositoryIds(account, input.repositories);
    return c.json({ id: install(double, app, account, actorFor(account, input.login), ids).id }, 201);
  });
  routes.patch('/installations/:id', async (c) => {
    let { installation } = installationOf(c);
    const { account } = installationOf(c);
    const input = await jsonBody(c, installationChange);
    const sender = actorFor(account, input.login);
    if (input.suspended !== undefined) {
      installation = setSuspended(double, installation, input.suspended, sender);
    }
    if (input.repositories !== undefined) {
      const ids = repositoryIds(account, input.repositories);
      installation = selectRepositories(double, installation, ids, sender);
    }
    return c.json({ id: installation.id });
  });
  routes.delete('/installations/:id', (c) => {
    const { installation, account } = installationOf(c);
    uninstall(double, installation, actorFor(account, c.req.query('login')));
    return c.json({ ok: true });
  });

  return routes;
}
