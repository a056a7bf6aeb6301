import { Hono } from 'hono';
import { z } from 'zod';
import { jsonBody, pullFor } from '../api/context.ts';
import type { ApiContext, ApiEnv } from '../api/context.ts';
import { recordCheckRun } from '../domain/checks.ts';
import { GitHubError, notFound } from '../domain/errors.ts';
import { createPull, mergePull, setDraft, updatePull } from '../domain/pulls.ts';
import { syncRefs } from '../domain/refs.ts';
import {
  commitFiles,
  createRepository,
  deleteRepository,
  editRepository,
  renameRepository,
} from '../domain/repositories.ts';
import { submitReview } from '../domain/reviews.ts';
import type { Double } from '../double.ts';
import type { Account } from '../store/accounts.ts';
import type { OwnedRepository } from '../store/repositories.ts';
import { peopleRoutes } from './people.ts';

const login = z.string().min(1);
const optionalActor = { login: login.optional() };

const inputs = {
  refsChanged: z.strictObject(optionalActor),
  commit: z.strictObject({
    branch: z.string().min(1),
    message: z.string().min(1),
    authorLogin: login,
    path: z.string().min(1).optional(),
    content: z.string().nullable().optional(),
    files: z.array(z.strictObject({ path: z.string().min(1), content: z.string().nullable() })).default([]),
  }),
  pull: z.strictObject({
    login,
    title: z.string().min(1),
    body: z.string().nullable().default(null),
    head: z.string(),
    base: z.string().default('main'),
    draft: z.boolean().default(false),
  }),
  editPull: z.strictObject({
    login,
    title: z.string().optional(),
    body: z.string().nullable().optional(),
    state: z.enum(['open', 'closed']).optional(),
    base: z.string().optional(),
    draft: z.boolean().optional(),
  }),
  merge: z.strictObject({ login, method: z.enum(['merge', 'squash', 'rebase']).default('merge') }),
  review: z.strictObject({
    login,
    state: z.enum(['APPROVED', 'CHANGES_REQUESTED', 'COMMENTED']),
    body: z.string().default(''),
  }),
  checkRun: z.strictObject({
    ...optionalActor,
    sha: z.string().optional(),
    branch: z.string().optional(),
    name: z.string().min(1),
    status: z.enum(['queued', 'in_progress', 'completed']).default('completed'),
    conclusion: z
      .enum(['success', 'failure', 'neutral', 'cancelled', 'skipped', 'timed_out', 'action_required'])
      .nullable()
      .default(null),
    title: z.string().nullable().default(null),
    summary: z.string().nullable().default(null),
  }),
  createRepository: z.strictObject({
    owner: login,
    name: z.string().regex(/^[\w.-]+$/),
    private: z.boolean().default(false),
    description: z.string().default(''),
    files: z.record(z.string(), z.string()).default({ 'README.md': '# New repository\n' }),
    ...optionalActor,
  }),
  editRepository: z.strictObject({
    ...optionalActor,
    name: z
      .string()
      .regex(/^[\w.-]+$/)
      .optional(),
    private: z.boolean().optional(),
    archived: z.boolean().optional(),
    description: z.string().optional(),
    defaultBranch: z.string().optional(),
  }),
};

/** Things that people do on github.com: each changes the double's state and sends the webhooks GitHub would. */
export function actionRoutes(double: Double): Hono<ApiEnv> {
  const { store } = double;
  const routes = new Hono<ApiEnv>();

  const person = (name: string): Account => {
    const account = store.accounts.byLogin(name);
    if (account === undefined) throw new GitHubError(422, `There is no user ${name}.`);
    return account;
  };
  const repositoryOf = (c: ApiContext): OwnedRepository => {
    const repository = store.repositories.byName(c.req.param('owner') ?? '', c.req.param('repo') ?? '');
    if (repository === undefined) throw notFound();
    return repository;
  };
  /** Whoever was named, else the owner or an owner of the organization. */
  const actorFor = (account: Account, name: string | undefined): Account => {
    if (name !== undefined) return person(name);
    const admin = store.accounts.members(account.id).find((member) => member.role === 'admin');
    return admin?.user ?? account;
  };

  routes.post('/repos/:owner/:repo/refs-changed', async (c) => {
    const repository = repositoryOf(c);
    const { login: name } = await jsonBody(c, inputs.refsChanged);
    const pusher = actorFor(repository.owner, name);
    await double.folders.exclusive(repository.id, () => syncRefs(double, repository, pusher));
    return c.json({ ok: true });
  });

  routes.post('/repos/:owner/:repo/commits', async (c) => {
    const input = await jsonBody(c, inputs.commit);
    const single =
      input.path === undefined
        ? []
        : [{ path: input.path, content: input.content === undefined ? '' : input.content }];
    const files = [...input.files, ...single];
    if (files.length === 0) throw new GitHubError(422, 'Name a file: `path` and `content`, or `files`.');
    const sha = await commitFiles(double, repositoryOf(c), person(input.authorLogin), {
      branch: input.branch,
      message: input.message,
      files,
    });
    return c.json({ sha }, 201);
  });

  routes.delete('/repos/:owner/:repo/branches/:branch{.+}', async (c) => {
    const repository = repositoryOf(c);
    const ref = `refs/heads/${c.req.param('branch')}`;
    const sha = store.repositories.ref(repository.id, ref);
    if (sha === undefined) throw notFound();
    const pusher = actorFor(repository.owner, c.req.query('login'));
    await double.folders.exclusive(repository.id, async () => {
      await double.folders.open(repository).deleteRef(ref, sha);
      await syncRefs(double, repository, pusher);
    });
    return c.json({ ok: true });
  });

  routes.post('/repos/:owner/:repo/pulls', async (c) => {
    const { login: name, ...input } = await jsonBody(c, inputs.pull);
    const pull = await createPull(double, repositoryOf(c), person(name), input);
    return c.json({ number: pull.number, headSha: pull.headSha }, 201);
  });

  routes.patch('/repos/:owner/:repo/pulls/:number', async (c) => {
    const repository = repositoryOf(c);
    const { login: name, draft, ...changes } = await jsonBody(c, inputs.editPull);
    const sender = person(name);
    let pull = await updatePull(double, repository, pullFor(double, c, repository), sender, changes);
    if (draft !== undefined) pull = setDraft(double, repository, pull, sender, draft);
    return c.json({ number: pull.number, state: pull.state, draft: pull.draft });
  });

  routes.post('/repos/:owner/:repo/pulls/:number/merge', async (c) => {
    const repository = repositoryOf(c);
    const { login: name, method } = await jsonBody(c, inputs.merge);
    const pull = pullFor(double, c, repository);
    const merged = await mergePull(double, repository, pull.id, person(name), { method });
    return c.json({ sha: merged.mergeCommitSha });
  });

  routes.post('/repos/:owner/:repo/pulls/:number/reviews', async (c) => {
    const repository = repositoryOf(c);
    const { login: name, ...input } = await jsonBody(c, inputs.review);
    const review = submitReview(double, repository, pullFor(double, c, repository), person(name), input);
    return c.json({ id: review.id }, 201);
  });

  routes.post('/repos/:owner/:repo/check-runs', async (c) => {
    const repository = repositoryOf(c);
    const input = await jsonBody(c, inputs.checkRun);
    const branch = input.branch ?? repository.defaultBranch;
    const sha = input.sha ?? store.repositories.ref(repository.id, `refs/heads/${branch}`);
    if (sha === undefined) throw notFound();
    const headBranch =
      input.branch ?? store.pulls.openWithHeadSha(repository.id, sha)[0]?.headRef ?? repository.defaultBranch;
    const run = await recordCheckRun(double, repository, actorFor(repository.owner, input.login), {
      headSha: sha,
      headBranch,
      name: input.name,
      status: input.status,
      conclusion: input.conclusion,
      title: input.title,
      summary: input.summary,
    });
    return c.json({ id: run.id, checkSuiteId: run.checkSuiteId }, 201);
  });

  routes.post('/repos', async (c) => {
    const input = await jsonBody(c, inputs.createRepository);
    const owner = person(input.owner);
    const files = Object.entries(input.files).map(([path, content]) => ({ path, content }));
    const sender = actorFor(owner, input.login);
    const repository = await createRepository(double, owner, sender, { ...input, files });
    return c.json({ id: repository.id }, 201);
  });

  routes.patch('/repos/:owner/:repo', async (c) => {
    const { login: name, name: newName, ...changes } = await jsonBody(c, inputs.editRepository);
    let repository = repositoryOf(c);
    const sender = actorFor(repository.owner, name);
    repository = editRepository(double, repository, changes, sender);
    if (newName !== undefined) repository = renameRepository(double, repository, newName, sender);
    return c.json({ id: repository.id, name: repository.name, private: repository.private });
  });

  routes.delete('/repos/:owner/:repo', async (c) => {
    const repository = repositoryOf(c);
    await deleteRepository(double, repository, actorFor(repository.owner, c.req.query('login')));
    return c.json({ ok: true });
  });

  routes.route('/', peopleRoutes(double, person, repositoryOf, actorFor));
  return routes;
}
