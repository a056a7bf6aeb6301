import type { Account } from '../store/accounts.ts';
import type { App, Installation } from '../store/apps.ts';
import type { Store } from '../store/open.ts';
import type { OwnedRepository, Permission } from '../store/repositories.ts';

/** Who sent a request. */
export type Viewer =
  | { kind: 'anonymous' }
  /** `app` is undefined for a personal access token, which no installation narrows. */
  | { kind: 'user'; user: Account; app: App | undefined; token: string }
  | {
      kind: 'installation';
      app: App;
      installation: Installation;
      permissions: Record<string, string>;
      /** Null: every repository of the installation. */
      repositoryIds: readonly number[] | null;
      token: string;
    }
  /** `proof`: a token the app signed, or only its client id and secret, which open little. */
  | { kind: 'app'; app: App; proof: 'jwt' | 'client-secret' };

const ranks: Record<Permission, number> = { read: 1, triage: 2, write: 3, maintain: 4, admin: 5 };

export function atLeast(permission: Permission | undefined, needed: Permission): boolean {
  return permission !== undefined && ranks[permission] >= ranks[needed];
}

/** What one person may do in one repository. Members of an organization have no base permission: access is granted. */
export function userPermission(
  store: Store,
  repository: OwnedRepository,
  userId: number,
): Permission | undefined {
  if (repository.ownerId === userId) return 'admin';
  if (
    repository.owner.type === 'Organization' &&
    store.accounts.role(repository.ownerId, userId) === 'admin'
  ) {
    return 'admin';
  }
  return store.repositories.grant(repository.id, userId) ?? (repository.private ? undefined : 'read');
}

/** Whether an installation reaches this repository, suspended or not. */
export function installationCovers(
  store: Store,
  installation: Installation,
  repository: OwnedRepository,
): boolean {
  if (installation.accountId !== repository.ownerId) return false;
  return (
    installation.repositorySelection === 'all' ||
    store.apps.selectedRepositoryIds(installation.id).has(repository.id)
  );
}

/** Repositories of an installation, in id order. */
export function installationRepositories(store: Store, installation: Installation): OwnedRepository[] {
  const owned = store.repositories.ofOwner(installation.accountId);
  if (installation.repositorySelection === 'all') return owned;
  const selected = store.apps.selectedRepositoryIds(installation.id);
  return owned.filter((repository) => selected.has(repository.id));
}

/** The app's working installation that covers this repository, if any. */
export function activeInstallationFor(
  store: Store,
  appId: number,
  repository: OwnedRepository,
): Installation | undefined {
  const installation = store.apps.installationOf(appId, repository.ownerId);
  if (installation === undefined || installation.suspendedAt !== null) return undefined;
  return installationCovers(store, installation, repository) ? installation : undefined;
}

function tokenCovers(
  store: Store,
  viewer: Extract<Viewer, { kind: 'installation' }>,
  repository: OwnedRepository,
): boolean {
  if (!installationCovers(store, viewer.installation, repository)) return false;
  return viewer.repositoryIds === null || viewer.repositoryIds.includes(repository.id);
}

/** The viewer's permission in a repository. Undefined: to this viewer the repository does not exist. */
export function viewerPermission(
  store: Store,
  viewer: Viewer,
  repository: OwnedRepository,
): Permission | undefined {
  const visible: Permission | undefined = repository.private ? undefined : 'read';
  switch (viewer.kind) {
    case 'anonymous':
    case 'app':
      return visible;
    case 'installation': {
      if (!tokenCovers(store, viewer, repository)) return visible;
      return viewer.permissions['contents'] === 'write' ? 'write' : 'read';
    }
    case 'user': {
      const own = userPermission(store, repository, viewer.user.id);
      if (viewer.app === undefined) return own;
      // A token that a person gave an app reaches what both of them may reach.
      return activeInstallationFor(store, viewer.app.id, repository) === undefined ? visible : own;
    }
  }
}

/** Whether an installation token (or the app behind a user token) was granted a permission such as `pull_requests`. */
export function appAllows(viewer: Viewer, permission: string, level: 'read' | 'write'): boolean {
  if (viewer.kind === 'anonymous' || viewer.kind === 'app') return level === 'read';
  if (viewer.kind === 'user' && viewer.app === undefined) return true;
  const granted = (viewer.kind === 'user' ? viewer.app?.permissions : viewer.permissions)?.[permission];
  return granted === 'write' || granted === 'admin' || (granted === 'read' && level === 'read');
}
