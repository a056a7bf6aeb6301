import { Hono } from 'hono';
import { z } from 'zod';
import { createPull, mergePull, updatePull } from '../domain/pulls.ts';
import { notFound } from '../domain/errors.ts';
import type { Double } from '../double.ts';
import { changedFiles } from '../git/changed-files.ts';
import { commitShape, fileShape } from '../shapes/commit.ts';
import { fullPullShape, pullShape } from '../shapes/pull.ts';
import type { PullRequest } from '../store/pulls.ts';
import type { OwnedRepository } from '../store/repositories.ts';
import { actor, jsonBody, pullFor, repositoryFor } from './context.ts';
import type { ApiEnv } from './context.ts';
import { paginate } from './pagination.ts';

const listQuery = z.object({
  state: z.enum(['open', 'closed', 'all']).catch('open'),
  head: z.string().optional(),
  base: z.string().optional(),
  sort: z.enum(['created', 'updated', 'popularity', 'long-running']).catch('created'),
  direction: z.enum(['asc', 'desc']).optional().catch(undefined),
});

const createInput = z.object({
  title: z.string().min(1, "wasn't supplied"),
  body: z.string().nullish(),
  head: z.string().min(1),
  base: z.string().min(1),
  draft: z.boolean().default(false),
});

const updateInput = z.object({
  title: z.string().min(1).optional(),
  body: z.string().nullish(),
  state: z.enum(['open', 'closed']).optional(),
  base: z.string().optional(),
});

const mergeInput = z.object({
  commit_title: z.string().optional(),
  commit_message: z.string().optional(),
  sha: z.string().optional(),
  merge_method: z.enum(['merge', 'squash', 'rebase']).default('merge'),
});

/** Pull requests: listing, opening, editing, their commits and files, merging. */
export function pullRoutes(double: Double): Hono<ApiEnv> {
  const { store } = double;
  const routes = new Hono<ApiEnv>();

  const describe = async (repository: OwnedRepository, pull: PullRequest) =>
    fullPullShape(double, repository, pull, await double.pullFacts.soon(repository, pull));

  routes.get('/repos/:owner/:repo/pulls', (c) => {
    const repository = repositoryFor(double, c, 'pull_requests', 'read');
    const query = listQuery.parse(c.req.query());
    // `head` is `owner:branch`; without an owner GitHub ignores it.
    const [headOwner, ...headBranch] = query.head?.split(':') ?? [];
    const hasHead = headBranch.length > 0;
    const list = store.pulls
      .list(repository.id, {
        state: query.state,
        headRef: hasHead ? headBranch.join(':') : undefined,
        baseRef: query.base,
        sort: query.sort,
        direction: query.direction ?? (query.sort === 'created' ? 'desc' : 'asc'),
      })
      .filter(() => !hasHead || headOwner?.toLowerCase() === repository.owner.login.toLowerCase());
    return c.json(paginate(double, c, list).map((pull) => pullShape(double, repository, pull)));
  });

  routes.post('/repos/:owner/:repo/pulls', async (c) => {
    const repository = repositoryFor(double, c, 'pull_requests', 'write');
    const input = await jsonBody(c, createInput);
    const pull = await createPull(double, repository, actor(double, c), {
      ...input,
      body: input.body ?? null,
    });
    return c.json(await describe(repository, pull), 201);
  });

  routes.get('/repos/:owner/:repo/pulls/:number{[0-9]+}', async (c) => {
    const repository = repositoryFor(double, c, 'pull_requests', 'read');
    const pull = pullFor(double, c, repository);
    const accept = c.req.header('accept') ?? '';
    const bare = double.folders.open(repository);
    if (accept.includes('.diff')) {
      const fork = await bare.mergeBase(pull.baseSha, pull.headSha);
      return c.text(await bare.diffText(fork ?? pull.baseSha, pull.headSha), 200);
    }
    if (accept.includes('.patch')) {
      return c.text(await bare.patchText(`${pull.baseSha}..${pull.headSha}`), 200);
    }
    const facts = await double.pullFacts.soon(repository, pull);
    const told = double.faults.takeMergeabilityFault(pull.number) ? { ...facts, mergeable: null } : facts;
    return c.json(fullPullShape(double, repository, pull, told));
  });

  routes.patch('/repos/:owner/:repo/pulls/:number{[0-9]+}', async (c) => {
    const repository = repositoryFor(double, c, 'pull_requests', 'write');
    const pull = pullFor(double, c, repository);
    const changes = await jsonBody(c, updateInput);
    const updated = await updatePull(double, repository, pull, actor(double, c), changes);
    return c.json(await describe(repository, updated));
  });

  routes.get('/repos/:owner/:repo/pulls/:number{[0-9]+}/files', async (c) => {
    const repository = repositoryFor(double, c, 'pull_requests', 'read');
    const pull = pullFor(double, c, repository);
    const bare = double.folders.open(repository);
    const fork = await bare.mergeBase(pull.baseSha, pull.headSha);
    const files = await changedFiles(bare, fork ?? pull.baseSha, pull.headSha);
    return c.json(
      paginate(double, c, files).map((file) => fileShape(double, repository, pull.headSha, file)),
    );
  });

  routes.get('/repos/:owner/:repo/pulls/:number{[0-9]+}/commits', async (c) => {
    const repository = repositoryFor(double, c, 'pull_requests', 'read');
    const pull = pullFor(double, c, repository);
    const bare = double.folders.open(repository);
    const commits = await bare.log(`${pull.baseSha}..${pull.headSha}`, { reverse: true, limit: 250 });
    return c.json(paginate(double, c, commits).map((commit) => commitShape(double, repository, commit)));
  });

  routes.get('/repos/:owner/:repo/pulls/:number{[0-9]+}/merge', (c) => {
    const repository = repositoryFor(double, c, 'pull_requests', 'read');
    if (!pullFor(double, c, repository).merged) throw notFound();
    return c.body(null, 204);
  });

  routes.put('/repos/:owner/:repo/pulls/:number{[0-9]+}/merge', async (c) => {
    const repository = repositoryFor(double, c, 'contents', 'write');
    const pull = pullFor(double, c, repository);
    const input = await jsonBody(c, mergeInput);
    const merged = await mergePull(double, repository, pull.id, actor(double, c), {
      method: input.merge_method,
      expectedHeadSha: input.sha,
      title: input.commit_title,
      message: input.commit_message,
    });
    return c.json({
      sha: merged.mergeCommitSha,
      merged: true,
      message: 'Pull Request successfully merged',
    });
  });

  return routes;
}
