import { Hono } from 'hono';
import type { ApiEnv } from '../api/context.ts';
import { installationRepositories, userPermission } from '../domain/access.ts';
import { notFound } from '../domain/errors.ts';
import { branchOf } from '../domain/refs.ts';
import type { Double } from '../double.ts';
import { mergeableState } from '../shapes/pull.ts';
import { fullName } from '../shapes/repository.ts';
import type { PullRequest } from '../store/pulls.ts';
import type { OwnedRepository } from '../store/repositories.ts';
import { join } from 'node:path';

/** What is true in the double, without permissions, pages or GitHub's shapes. */
export function stateRoutes(double: Double): Hono<ApiEnv> {
  const { store } = double;
  const routes = new Hono<ApiEnv>();

  const loginOf = (id: number | null) => (id === null ? null : (store.accounts.byId(id)?.login ?? null));

  const describeRepository = (repository: OwnedRepository) => ({
    id: repository.id,
    owner: repository.owner.login,
    name: repository.name,
    fullName: fullName(repository),
    private: repository.private,
    archived: repository.archived,
    defaultBranch: repository.defaultBranch,
    gitDir: join(double.folders.root, repository.folder),
    visibleTo: store.accounts
      .users()
      .filter((user) => userPermission(store, repository, user.id) !== undefined)
      .map((user) => user.login),
  });

  const describePull = (pull: PullRequest) => ({
    id: pull.id,
    number: pull.number,
    title: pull.title,
    body: pull.body,
    state: pull.state,
    draft: pull.draft,
    merged: pull.merged,
    author: loginOf(pull.authorId),
    headRef: pull.headRef,
    headSha: pull.headSha,
    baseRef: pull.baseRef,
    baseSha: pull.baseSha,
    mergedBy: loginOf(pull.mergedById),
    mergeCommitSha: pull.mergeCommitSha,
    updatedAt: pull.updatedAt,
  });

  const repositoryOf = (owner: string, name: string): OwnedRepository => {
    const repository = store.repositories.byName(owner, name);
    if (repository === undefined) throw notFound();
    return repository;
  };

  routes.get('/users', (c) =>
    c.json(store.accounts.users().map(({ id, login, name, email }) => ({ id, login, name, email }))),
  );

  routes.get('/orgs', (c) =>
    c.json(
      store.accounts.organizations().map((organization) => ({
        id: organization.id,
        login: organization.login,
        members: store.accounts
          .members(organization.id)
          .map(({ user, role }) => ({ id: user.id, login: user.login, role })),
      })),
    ),
  );

  routes.get('/installations', (c) =>
    c.json(
      store.apps.all().flatMap((app) =>
        store.apps.installationsOfApp(app.id).map((installation) => ({
          id: installation.id,
          app: app.slug,
          account: loginOf(installation.accountId),
          accountId: installation.accountId,
          suspended: installation.suspendedAt !== null,
          repositorySelection: installation.repositorySelection,
          repositories: installationRepositories(store, installation).map(fullName),
        })),
      ),
    ),
  );

  routes.get('/repos', (c) => {
    const owner = c.req.query('owner')?.toLowerCase();
    return c.json(
      store.repositories
        .all()
        .filter((repository) => owner === undefined || repository.owner.login.toLowerCase() === owner)
        .map(describeRepository),
    );
  });

  routes.get('/repos/:owner/:repo', (c) =>
    c.json(describeRepository(repositoryOf(c.req.param('owner'), c.req.param('repo')))),
  );

  routes.get('/repos/:owner/:repo/pulls', (c) => {
    const repository = repositoryOf(c.req.param('owner'), c.req.param('repo'));
    const state = c.req.query('state');
    const list = store.pulls.list(repository.id, {
      state: state === 'open' || state === 'closed' ? state : 'all',
      sort: 'created',
      direction: 'asc',
    });
    return c.json(list.map(describePull));
  });

  routes.get('/repos/:owner/:repo/pulls/:number', async (c) => {
    const repository = repositoryOf(c.req.param('owner'), c.req.param('repo'));
    const pull = store.pulls.byNumber(repository.id, Number(c.req.param('number')));
    if (pull === undefined) throw notFound();
    const facts = await double.pullFacts.whole(repository, pull);
    const runs = store.checks.latestRunsOf(repository.id, pull.headSha);
    return c.json({
      ...describePull(pull),
      mergeableState: mergeableState(pull, facts, runs),
      additions: facts.additions,
      deletions: facts.deletions,
      changedFiles: facts.changedFiles,
      commits: facts.commits,
      reviews: store.pulls
        .reviews(pull.id)
        .map(({ user, state, body }) => ({ user: user.login, state, body })),
      checkRuns: runs.map(({ name, status, conclusion }) => ({ name, status, conclusion })),
    });
  });

  routes.get('/repos/:owner/:repo/branches', async (c) => {
    const repository = repositoryOf(c.req.param('owner'), c.req.param('repo'));
    // Asked of git itself, so that a difference to what the API says would show.
    const refs = await double.folders.open(repository).refs();
    return c.json(
      [...refs].flatMap(([ref, sha]) => {
        const name = branchOf(ref);
        return name === undefined ? [] : [{ name, sha }];
      }),
    );
  });

  return routes;
}
