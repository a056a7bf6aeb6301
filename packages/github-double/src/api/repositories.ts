import { Hono } from 'hono';
import { z } from 'zod';
import { userPermission, viewerPermission } from '../domain/access.ts';
import { GitHubError, notFound } from '../domain/errors.ts';
import { commitFiles } from '../domain/repositories.ts';
import type { Double } from '../double.ts';
import { readBlob, readTreePath } from '../git/tree.ts';
import { simpleUser } from '../shapes/account.ts';
import { commitShape } from '../shapes/commit.ts';
import { fullName, fullRepository, permissionFlags } from '../shapes/repository.ts';
import type { Account } from '../store/accounts.ts';
import type { OwnedRepository, Permission } from '../store/repositories.ts';
import { actor, jsonBody, repositoryFor, restOfPath, visibleRepository } from './context.ts';
import type { ApiContext, ApiEnv } from './context.ts';
import { paginate } from './pagination.ts';

/** The two levels of GitHub's older permission scale. */
function legacyPermission(permission: Permission): 'admin' | 'write' | 'read' {
  if (permission === 'maintain') return 'write';
  return permission === 'triage' ? 'read' : permission;
}

const contentInput = z.object({
  message: z.string().min(1),
  content: z.base64(),
  branch: z.string().optional(),
  sha: z.string().optional(),
});

/** One repository: itself, who may do what, and the files in it. */
export function repositoryRoutes(double: Double): Hono<ApiEnv> {
  const { store, urls } = double;
  const routes = new Hono<ApiEnv>();

  const describe = (repository: OwnedRepository, permission: Permission) =>
    fullRepository(urls, repository, {
      permission,
      openPulls: store.pulls.list(repository.id, { state: 'open', sort: 'created', direction: 'asc' }).length,
    });

  routes.get('/repos/:owner/:repo', (c) => {
    const { repository, permission } = visibleRepository(double, c);
    return c.json(describe(repository, permission));
  });

  routes.get('/repositories/:id{[0-9]+}', (c) => {
    const repository = store.repositories.byId(Number(c.req.param('id')));
    const permission =
      repository === undefined ? undefined : viewerPermission(store, c.get('viewer'), repository);
    if (repository === undefined || permission === undefined) throw notFound();
    return c.json(describe(repository, permission));
  });

  /** Everyone with a permission of their own: owner, organization owners, people who were granted one. */
  const collaborators = (repository: OwnedRepository): { user: Account; permission: Permission }[] => {
    const byId = new Map(
      store.repositories.collaborators(repository.id).map((entry) => [entry.user.id, entry]),
    );
    if (repository.owner.type === 'User') {
      byId.set(repository.ownerId, { user: repository.owner, permission: 'admin' });
    }
    for (const { user, role } of store.accounts.members(repository.ownerId)) {
      if (role === 'admin') byId.set(user.id, { user, permission: 'admin' });
    }
    return [...byId.values()].sort((left, right) => left.user.id - right.user.id);
  };

  const requirePush = (c: ApiContext): OwnedRepository => {
    const { repository, permission } = visibleRepository(double, c);
    const viewer = c.get('viewer');
    if (viewer.kind === 'anonymous') throw new GitHubError(401, 'Requires authentication');
    if (viewer.kind === 'user' && !permissionFlags(permission).push) {
      throw new GitHubError(403, 'Must have push access to view repository collaborators.');
    }
    return repository;
  };

  routes.get('/repos/:owner/:repo/collaborators', (c) => {
    const repository = requirePush(c);
    return c.json(
      paginate(double, c, collaborators(repository)).map(({ user, permission }) => ({
        ...simpleUser(urls, user),
        permissions: permissionFlags(permission),
        role_name: permission,
      })),
    );
  });

  routes.get('/repos/:owner/:repo/collaborators/:username', (c) => {
    const repository = requirePush(c);
    const login = c.req.param('username').toLowerCase();
    const found = collaborators(repository).some((entry) => entry.user.login.toLowerCase() === login);
    if (!found) throw notFound();
    return c.body(null, 204);
  });

  routes.get('/repos/:owner/:repo/collaborators/:username/permission', (c) => {
    const { repository } = visibleRepository(double, c);
    if (c.get('viewer').kind === 'anonymous') throw new GitHubError(401, 'Requires authentication');
    const user = store.accounts.byLogin(c.req.param('username'));
    if (user === undefined) throw notFound();
    const permission = userPermission(store, repository, user.id);
    return c.json({
      permission: permission === undefined ? 'none' : legacyPermission(permission),
      role_name: permission ?? 'none',
      user: {
        ...simpleUser(urls, user),
        permissions: permissionFlags(permission),
        role_name: permission ?? 'none',
      },
    });
  });

  routes.get('/repos/:owner/:repo/languages', (c) => {
    const { repository } = visibleRepository(double, c);
    return c.json(repository.language === null ? {} : { [repository.language]: 1_000 });
  });

  routes.get('/repos/:owner/:repo/contents/:path{.*}', async (c) => {
    const repository = repositoryFor(double, c, 'contents', 'read');
    return contents(c, repository, restOfPath(c, '/contents/').replace(/\/$/, ''));
  });
  routes.get('/repos/:owner/:repo/contents', (c) =>
    contents(c, repositoryFor(double, c, 'contents', 'read'), ''),
  );
  routes.get('/repos/:owner/:repo/readme', (c) =>
    contents(c, repositoryFor(double, c, 'contents', 'read'), 'README.md'),
  );

  const contents = async (c: ApiContext, repository: OwnedRepository, path: string) => {
    const ref = c.req.query('ref') ?? repository.defaultBranch;
    const bare = double.folders.open(repository);
    const commit = await bare.resolveCommit(ref);
    const found = commit === undefined ? undefined : await readTreePath(bare, commit, path);
    if (found === undefined) throw notFound();
    const describeEntry = (entry: { path: string; type: string; sha: string; sizeBytes: number }) => {
      const encoded = entry.path.split('/').map(encodeURIComponent).join('/');
      const api = `${urls.api}/repos/${fullName(repository)}`;
      const isFile = entry.type === 'blob';
      const self = `${api}/contents/${encoded}?ref=${ref}`;
      const git = `${api}/git/${isFile ? 'blobs' : 'trees'}/${entry.sha}`;
      const html = `${urls.web}/${fullName(repository)}/${isFile ? 'blob' : 'tree'}/${ref}/${encoded}`;
      return {
        type: isFile ? 'file' : 'dir',
        size: entry.sizeBytes,
        name: entry.path.split('/').at(-1) ?? entry.path,
        path: entry.path,
        sha: entry.sha,
        url: self,
        git_url: git,
        html_url: html,
        download_url: isFile ? `${urls.web}/${fullName(repository)}/raw/${ref}/${encoded}` : null,
        _links: { self, git, html },
      };
    };
    if (found.kind === 'folder') return c.json(found.entries.map(describeEntry));
    const bytes = await readBlob(bare, found.entry.sha);
    if (c.req.header('accept')?.includes('raw') === true) {
      return c.body(new Uint8Array(bytes), 200, { 'content-type': 'application/octet-stream' });
    }
    return c.json({
      ...describeEntry(found.entry),
      encoding: 'base64',
      content: bytes.toString('base64').replaceAll(/(.{60})/g, '$1\n'),
    });
  };

  routes.put('/repos/:owner/:repo/contents/:path{.+}', async (c) => {
    const repository = repositoryFor(double, c, 'contents', 'write');
    const input = await jsonBody(c, contentInput);
    const path = restOfPath(c, '/contents/');
    const bare = double.folders.open(repository);
    const branch = input.branch ?? repository.defaultBranch;
    const tip = store.repositories.ref(repository.id, `refs/heads/${branch}`);
    if (tip === undefined) throw new GitHubError(404, `Branch ${branch} not found`);
    const before = await readTreePath(bare, tip, path);
    const beforeSha = before?.kind === 'file' ? before.entry.sha : undefined;
    if (beforeSha !== undefined && input.sha === undefined) {
      throw new GitHubError(422, `Invalid request.\n\n"sha" wasn't supplied.`);
    }
    if (input.sha !== beforeSha) {
      throw new GitHubError(409, `${path} does not match ${input.sha ?? ''}`);
    }
    const sha = await commitFiles(double, repository, actor(double, c), {
      branch,
      message: input.message,
      files: [{ path, content: Buffer.from(input.content, 'base64') }],
    });
    const after = await readTreePath(bare, sha, path);
    const commit = commitShape(double, repository, await bare.commit(sha));
    const blobSha = after?.kind === 'file' ? after.entry.sha : '';
    const { author, committer, message, tree, verification } = commit.commit;
    return c.json(
      {
        content: {
          name: path.split('/').at(-1) ?? path,
          path,
          sha: blobSha,
          size: Buffer.from(input.content, 'base64').length,
          type: 'file',
          url: `${urls.api}/repos/${fullName(repository)}/contents/${path}?ref=${branch}`,
          html_url: `${urls.web}/${fullName(repository)}/blob/${branch}/${path}`,
          git_url: `${urls.api}/repos/${fullName(repository)}/git/blobs/${blobSha}`,
          download_url: `${urls.web}/${fullName(repository)}/raw/${branch}/${path}`,
          _links: {},
        },
        commit: {
          sha,
          node_id: commit.node_id,
          url: `${urls.api}/repos/${fullName(repository)}/git/commits/${sha}`,
          html_url: commit.html_url,
          author,
          committer,
          message,
          tree,
          verification,
          parents: commit.parents,
        },
      },
      beforeSha === undefined ? 201 : 200,
    );
  });

  return routes;
}
