import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { authenticate } from '../api/authenticate.ts';
import type { ApiEnv } from '../api/context.ts';
import { appAllows, atLeast, viewerPermission } from '../domain/access.ts';
import type { Viewer } from '../domain/access.ts';
import { GitHubError } from '../domain/errors.ts';
import { syncRefs } from '../domain/refs.ts';
import type { Double } from '../double.ts';
import { serveGit } from '../git/http-backend.ts';
import type { Account } from '../store/accounts.ts';
import type { OwnedRepository } from '../store/repositories.ts';

/** git over HTTP at `/<owner>/<repo>.git` (the suffix may be left out, as on GitHub). */
export function gitHttpRoutes(double: Double): Hono<ApiEnv> {
  const { store } = double;
  const routes = new Hono<ApiEnv>();

  const serve = async (c: Context<ApiEnv>, service: string, rest: string): Promise<Response> => {
    const owner = c.req.param('owner') ?? '';
    const name = (c.req.param('repo') ?? '').replace(/\.git$/, '');
    const repository = store.repositories.byName(owner, name) ?? store.repositories.byFormerName(owner, name);
    let viewer: Viewer;
    try {
      viewer = await authenticate(double, c.req.header('authorization'));
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      return error.status === 401
        ? challenge(c, 'Invalid username or token.')
        : c.text(`${error.message}\n`, 403);
    }
    const push = service === 'git-receive-pack';
    const refusal = refuse(double, c, viewer, repository, push);
    if (refusal !== undefined || repository === undefined) return refusal ?? c.text('Not Found', 404);
    const pusher = pusherOf(double, viewer);
    const url = new URL(c.req.url);
    await serveGit(
      {
        projectRoot: double.folders.root,
        pathInfo: `/${repository.folder}/${rest}`,
        query: url.search.slice(1),
        user: pusher?.login ?? '',
      },
      c.env.incoming,
      c.env.outgoing,
      async () => {
        // A push may send a probe request first, so the refs themselves say whether anything was pushed.
        if (rest !== 'git-receive-pack' || pusher === undefined) return;
        await double.folders.exclusive(repository.id, () => syncRefs(double, repository, pusher));
      },
    );
    return RESPONSE_ALREADY_SENT;
  };

  routes.get('/:owner/:repo/info/refs', async (c) => {
    const service = c.req.query('service') ?? '';
    if (service !== 'git-upload-pack' && service !== 'git-receive-pack') {
      return c.text('Please upgrade your git client.\n', 403);
    }
    return serve(c, service, 'info/refs');
  });
  routes.post('/:owner/:repo/git-upload-pack', (c) => serve(c, 'git-upload-pack', 'git-upload-pack'));
  routes.post('/:owner/:repo/git-receive-pack', (c) => serve(c, 'git-receive-pack', 'git-receive-pack'));

  return routes;
}

function challenge(c: Context<ApiEnv>, message: string): Response {
  c.header('www-authenticate', 'Basic realm="GitHub"');
  return c.text(`${message}\n`, 401);
}

/** GitHub's answer when this viewer may not do this, or undefined when they may. */
function refuse(
  double: Double,
  c: Context<ApiEnv>,
  viewer: Viewer,
  repository: OwnedRepository | undefined,
  push: boolean,
): Response | undefined {
  const permission =
    repository === undefined ? undefined : viewerPermission(double.store, viewer, repository);
  if (viewer.kind === 'anonymous' && (push || permission === undefined)) {
    return challenge(c, 'Repository not found.');
  }
  if (repository === undefined || permission === undefined) return c.text('Repository not found.\n', 404);
  if (!push) return undefined;
  const allowed = atLeast(permission, 'write') && appAllows(viewer, 'contents', 'write');
  if (!allowed) return c.text('Write access to repository not granted.\n', 403);
  if (repository.archived) return c.text('This repository was archived so it is read-only.\n', 403);
  return undefined;
}

function pusherOf(double: Double, viewer: Viewer): Account | undefined {
  switch (viewer.kind) {
    case 'user':
      return viewer.user;
    case 'installation':
      return double.store.accounts.byLogin(`${viewer.app.slug}[bot]`);
    case 'anonymous':
    case 'app':
      return undefined;
  }
}
