import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { z } from 'zod';
import { appAllows, atLeast, viewerPermission } from '../domain/access.ts';
import type { Viewer } from '../domain/access.ts';
import { GitHubError, notFound } from '../domain/errors.ts';
import type { Double } from '../double.ts';
import type { Account } from '../store/accounts.ts';
import type { PullRequest } from '../store/pulls.ts';
import type { OwnedRepository, Permission } from '../store/repositories.ts';

export interface ApiEnv {
  Bindings: HttpBindings;
  Variables: { viewer: Viewer; requestId: string };
}

export type ApiContext = Context<ApiEnv>;

/** A renamed repository was asked for by its old name. The error handler answers with GitHub's redirect. */
export class RepositoryMoved extends Error {
  readonly repository: OwnedRepository;

  constructor(repository: OwnedRepository) {
    super('Moved Permanently');
    this.name = 'RepositoryMoved';
    this.repository = repository;
  }
}

export function forbidden(): GitHubError {
  return new GitHubError(403, 'Resource not accessible by integration');
}

/** The person behind a user token. Throws 401 without one, 403 for an app's own token. */
export function requireUser(c: ApiContext): Extract<Viewer, { kind: 'user' }> {
  const viewer = c.get('viewer');
  if (viewer.kind === 'user') return viewer;
  if (viewer.kind === 'anonymous') throw new GitHubError(401, 'Requires authentication');
  throw forbidden();
}

export function requireInstallation(c: ApiContext): Extract<Viewer, { kind: 'installation' }> {
  const viewer = c.get('viewer');
  if (viewer.kind === 'installation') return viewer;
  if (viewer.kind === 'anonymous') throw new GitHubError(401, 'Requires authentication');
  throw new GitHubError(
    403,
    'You must authenticate with an installation access token in order to list repositories for an installation.',
  );
}

/** The app behind a JSON web token. Throws GitHub's 401 for any other credential. */
export function requireApp(c: ApiContext): Extract<Viewer, { kind: 'app' }> {
  const viewer = c.get('viewer');
  if (viewer.kind === 'app' && viewer.proof === 'jwt') return viewer;
  throw new GitHubError(401, 'A JSON web token could not be decoded');
}

/** Whoever acts: the person, or for an installation the app's bot as GitHub attributes it (here: the account's owner). */
export function actor(double: Double, c: ApiContext): Account {
  const viewer = c.get('viewer');
  if (viewer.kind === 'user') return viewer.user;
  if (viewer.kind === 'installation') {
    const account = double.store.accounts.byLogin(`${viewer.app.slug}[bot]`);
    if (account !== undefined) return account;
    throw notFound();
  }
  throw new GitHubError(401, 'Requires authentication');
}

/** The repository in the address, if this viewer may see it. Throws 404 otherwise, as GitHub does. */
export function visibleRepository(
  double: Double,
  c: ApiContext,
): { repository: OwnedRepository; permission: Permission } {
  const owner = c.req.param('owner') ?? '';
  const name = c.req.param('repo') ?? '';
  const repository = double.store.repositories.byName(owner, name);
  const former = repository === undefined ? double.store.repositories.byFormerName(owner, name) : undefined;
  const found = repository ?? former;
  const permission = found === undefined ? undefined : viewerPermission(double.store, c.get('viewer'), found);
  if (found === undefined || permission === undefined) throw notFound();
  if (former !== undefined) throw new RepositoryMoved(former);
  return { repository: found, permission };
}

/**
 * The repository in the address for a viewer that was granted `grant` (e.g. `pull_requests`) at `level` and has the
 * `needed` permission in it. Throws 404 when it is invisible, 403 when the grant or the permission is missing.
 */
export function repositoryFor(
  double: Double,
  c: ApiContext,
  grant: string,
  level: 'read' | 'write',
  needed: Permission = level,
): OwnedRepository {
  const { repository, permission } = visibleRepository(double, c);
  const viewer = c.get('viewer');
  if (level === 'write') {
    if (viewer.kind === 'anonymous') throw new GitHubError(401, 'Requires authentication');
    if (repository.archived) throw new GitHubError(403, 'Repository was archived so is read-only.');
    const covered = viewer.kind === 'installation' ? permission : undefined;
    // What an installation may write depends on the grant; `viewerPermission` speaks of contents.
    const allowed =
      covered === undefined ? atLeast(permission, needed) : installationReaches(double, viewer, repository);
    if (!allowed) throw viewer.kind === 'user' && viewer.app === undefined ? notFound() : forbidden();
  }
  if (viewer.kind !== 'anonymous' && !appAllows(viewer, grant, level)) {
    // A public repository can be read by everyone, whatever the token was granted.
    if (level === 'write' || repository.private) throw forbidden();
  }
  return repository;
}

function installationReaches(double: Double, viewer: Viewer, repository: OwnedRepository): boolean {
  return (
    viewer.kind === 'installation' &&
    viewer.installation.accountId === repository.ownerId &&
    (viewer.repositoryIds === null || viewer.repositoryIds.includes(repository.id)) &&
    (viewer.installation.repositorySelection === 'all' ||
      double.store.apps.selectedRepositoryIds(viewer.installation.id).has(repository.id))
  );
}

/** The pull request whose number is in the address. */
export function pullFor(double: Double, c: ApiContext, repository: OwnedRepository): PullRequest {
  const number = Number(c.req.param('number'));
  const pull = Number.isSafeInteger(number) ? double.store.pulls.byNumber(repository.id, number) : undefined;
  if (pull === undefined) throw notFound();
  return pull;
}

/** The JSON body, checked. Throws 400 for what is not JSON and 422 for what does not fit. */
export async function jsonBody<T extends z.ZodType>(c: ApiContext, schema: T): Promise<z.output<T>> {
  const text = await c.req.text();
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch {
    throw new GitHubError(400, 'Problems parsing JSON');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  const where = first === undefined || first.path.length === 0 ? 'body' : first.path.join('/');
  throw new GitHubError(422, `Invalid request.\n\n${where}: ${first?.message ?? 'is not valid'}`);
}

/** Everything after `prefix` in the address, decoded: for refs and paths, which have slashes. */
export function restOfPath(c: ApiContext, prefix: string): string {
  const path = new URL(c.req.url).pathname;
  const start = path.indexOf(prefix);
  try {
    return decodeURIComponent(path.slice(start + prefix.length));
  } catch {
    throw notFound();
  }
}
