import { Hono } from 'hono';
import { z } from 'zod';
import { GitHubError, notFound } from '../domain/errors.ts';
import { branchOf, syncRefs } from '../domain/refs.ts';
import type { Double } from '../double.ts';
import { zeroSha } from '../git/bare-repository.ts';
import { commitShape } from '../shapes/commit.ts';
import { nodeId } from '../shapes/ids.ts';
import { fullName } from '../shapes/repository.ts';
import type { OwnedRepository } from '../store/repositories.ts';
import { actor, jsonBody, repositoryFor, restOfPath } from './context.ts';
import type { ApiEnv } from './context.ts';
import { paginate } from './pagination.ts';

const shaSchema = z.string().regex(/^[0-9a-f]{40}$/, 'The SHA1 value must be 40 characters long');
const createInput = z.object({ ref: z.string(), sha: shaSchema });
const updateInput = z.object({ sha: shaSchema, force: z.boolean().default(false) });

/** Branches and git references: reading, creating, moving and deleting them. */
export function gitRefRoutes(double: Double): Hono<ApiEnv> {
  const { store, urls } = double;
  const routes = new Hono<ApiEnv>();

  const refShape = (repository: OwnedRepository, name: string, sha: string) => {
    const api = `${urls.api}/repos/${fullName(repository)}/git`;
    return {
      ref: name,
      node_id: nodeId('REF', `${repository.id}:${name}`),
      url: `${api}/${name}`,
      object: { type: 'commit', sha, url: `${api}/commits/${sha}` },
    };
  };

  routes.get('/repos/:owner/:repo/branches', (c) => {
    const repository = repositoryFor(double, c, 'contents', 'read');
    const branches = [...store.repositories.refs(repository.id)].flatMap(([name, sha]) => {
      const branch = branchOf(name);
      return branch === undefined ? [] : [{ branch, sha }];
    });
    return c.json(
      paginate(double, c, branches).map(({ branch, sha }) => ({
        name: branch,
        commit: { sha, url: `${urls.api}/repos/${fullName(repository)}/commits/${sha}` },
        protected: false,
      })),
    );
  });

  routes.get('/repos/:owner/:repo/branches/:branch{.+}', async (c) => {
    const repository = repositoryFor(double, c, 'contents', 'read');
    const branch = restOfPath(c, '/branches/');
    const sha = store.repositories.ref(repository.id, `refs/heads/${branch}`);
    if (sha === undefined) throw new GitHubError(404, 'Branch not found');
    const commit = await double.folders.open(repository).commit(sha);
    const self = `${urls.api}/repos/${fullName(repository)}/branches/${encodeURIComponent(branch)}`;
    return c.json({
      name: branch,
      commit: commitShape(double, repository, commit),
      _links: { self, html: `${urls.web}/${fullName(repository)}/tree/${branch}` },
      protected: false,
      protection: {
        enabled: false,
        required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] },
      },
      protection_url: `${self}/protection`,
    });
  });

  routes.get('/repos/:owner/:repo/git/ref/:ref{.+}', (c) => {
    const repository = repositoryFor(double, c, 'contents', 'read');
    const name = `refs/${restOfPath(c, '/git/ref/')}`;
    const sha = store.repositories.ref(repository.id, name);
    if (sha === undefined) throw notFound();
    return c.json(refShape(repository, name, sha));
  });

  routes.get('/repos/:owner/:repo/git/matching-refs/:ref{.+}', (c) => {
    const repository = repositoryFor(double, c, 'contents', 'read');
    const prefix = `refs/${restOfPath(c, '/git/matching-refs/')}`;
    const found = [...store.repositories.refs(repository.id)].filter(([name]) => name.startsWith(prefix));
    return c.json(paginate(double, c, found).map(([name, sha]) => refShape(repository, name, sha)));
  });

  routes.post('/repos/:owner/:repo/git/refs', async (c) => {
    const repository = repositoryFor(double, c, 'contents', 'write');
    const { ref, sha } = await jsonBody(c, createInput);
    const bare = double.folders.open(repository);
    if (!/^refs\/(heads|tags)\/./.test(ref) || !(await bare.isValidRefName(ref))) {
      throw new GitHubError(422, 'Reference name is invalid');
    }
    await double.folders.exclusive(repository.id, async () => {
      if ((await bare.resolveCommit(sha)) !== sha) throw new GitHubError(422, 'Object does not exist');
      if ((await bare.refs()).has(ref)) throw new GitHubError(422, 'Reference already exists');
      await bare.updateRef(ref, sha, zeroSha);
      await syncRefs(double, repository, actor(double, c));
    });
    return c.json(refShape(repository, ref, sha), 201);
  });

  routes.patch('/repos/:owner/:repo/git/refs/:ref{.+}', async (c) => {
    const repository = repositoryFor(double, c, 'contents', 'write');
    const name = `refs/${restOfPath(c, '/git/refs/')}`;
    const { sha, force } = await jsonBody(c, updateInput);
    const bare = double.folders.open(repository);
    await double.folders.exclusive(repository.id, async () => {
      const current = (await bare.refs()).get(name);
      if (current === undefined) throw new GitHubError(422, 'Reference does not exist');
      if ((await bare.resolveCommit(sha)) !== sha) throw new GitHubError(422, 'Object does not exist');
      if (!force && !(await bare.isAncestor(current, sha))) {
        throw new GitHubError(422, 'Update is not a fast forward');
      }
      await bare.updateRef(name, sha, current);
      await syncRefs(double, repository, actor(double, c));
    });
    return c.json(refShape(repository, name, sha));
  });

  routes.delete('/repos/:owner/:repo/git/refs/:ref{.+}', async (c) => {
    const repository = repositoryFor(double, c, 'contents', 'write');
    const name = `refs/${restOfPath(c, '/git/refs/')}`;
    const bare = double.folders.open(repository);
    await double.folders.exclusive(repository.id, async () => {
      const current = (await bare.refs()).get(name);
      if (current === undefined) throw new GitHubError(422, 'Reference does not exist');
      await bare.deleteRef(name, current);
      await syncRefs(double, repository, actor(double, c));
    });
    return c.body(null, 204);
  });

  return routes;
}
