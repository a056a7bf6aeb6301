import type { Double } from '../double.ts';
import { now } from '../double.ts';
import { installationShape } from '../shapes/app.ts';
import { repositoryReference } from '../shapes/repository.ts';
import type { Account } from '../store/accounts.ts';
import type { App, Installation } from '../store/apps.ts';
import type { OwnedRepository } from '../store/repositories.ts';
import { emitToApp } from '../webhooks/emit.ts';
import { installationRepositories } from './access.ts';
import { notFound } from './errors.ts';

function parts(double: Double, installation: Installation): { app: App; account: Account } {
  const app = double.store.apps.byId(installation.appId);
  const account = double.store.accounts.byId(installation.accountId);
  if (app === undefined || account === undefined) throw notFound();
  return { app, account };
}

export function describeInstallation(double: Double, installation: Installation) {
  const { app, account } = parts(double, installation);
  const suspendedBy =
    installation.suspendedById === null ? undefined : double.store.accounts.byId(installation.suspendedById);
  return installationShape(double.urls, app, installation, account, suspendedBy);
}

function emitInstallation(
  double: Double,
  installation: Installation,
  action: 'created' | 'deleted' | 'suspend' | 'unsuspend',
  sender: Account,
): void {
  const { app, account } = parts(double, installation);
  emitToApp(double, app, installation, {
    event: 'installation',
    action,
    sender,
    account,
    payload: {
      installation: describeInstallation(double, installation),
      repositories: installationRepositories(double.store, installation).map(repositoryReference),
    },
  });
}

/** Installs an app on an account, or returns the installation that is there. */
export function install(
  double: Double,
  app: App,
  account: Account,
  sender: Account,
  repositoryIds: readonly number[] | null,
): Installation {
  const { store } = double;
  const existing = store.apps.installationOf(app.id, account.id);
  if (existing !== undefined) return existing;
  const at = now();
  const installation = store.transaction(() => {
    const row = store.apps.insertInstallation({
      appId: app.id,
      accountId: account.id,
      repositorySelection: repositoryIds === null ? 'all' : 'selected',
      createdAt: at,
      updatedAt: at,
    });
    for (const id of repositoryIds ?? []) store.apps.selectRepository(row.id, id);
    emitInstallation(double, row, 'created', sender);
    return row;
  });
  double.webhooks.kick();
  return installation;
}

export function uninstall(double: Double, installation: Installation, sender: Account): void {
  const { store } = double;
  store.transaction(() => {
    emitInstallation(double, installation, 'deleted', sender);
    store.tokens.removeOfInstallation(installation.id);
    store.apps.deleteInstallation(installation.id);
  });
  double.webhooks.kick();
}

export function setSuspended(
  double: Double,
  installation: Installation,
  suspended: boolean,
  sender: Account,
): Installation {
  const { store } = double;
  if ((installation.suspendedAt !== null) === suspended) return installation;
  const at = now();
  const updated = store.transaction(() => {
    const row = store.apps.updateInstallation(installation.id, {
      suspendedAt: suspended ? at : null,
      suspendedById: suspended ? sender.id : null,
      updatedAt: at,
    });
    emitInstallation(double, row, suspended ? 'suspend' : 'unsuspend', sender);
    return row;
  });
  double.webhooks.kick();
  return updated;
}

/** Chooses exactly these repositories (null: all of the account), and tells what was added and removed. */
export function selectRepositories(
  double: Double,
  installation: Installation,
  repositoryIds: readonly number[] | null,
  sender: Account,
): Installation {
  const { store } = double;
  const { app, account } = parts(double, installation);
  const updated = store.transaction(() => {
    const before = installationRepositories(store, installation);
    const row = store.apps.updateInstallation(installation.id, {
      repositorySelection: repositoryIds === null ? 'all' : 'selected',
      updatedAt: now(),
    });
    for (const id of store.apps.selectedRepositoryIds(row.id)) store.apps.deselectRepository(row.id, id);
    for (const id of repositoryIds ?? []) store.apps.selectRepository(row.id, id);
    const after = installationRepositories(store, row);
    const added = missingFrom(before, after);
    const removed = missingFrom(after, before);
    for (const action of ['added', 'removed'] as const) {
      const changed = action === 'added' ? added : removed;
      if (changed.length === 0) continue;
      emitToApp(double, app, row, {
        event: 'installation_repositories',
        action,
        sender,
        account,
        payload: {
          installation: describeInstallation(double, row),
          repository_selection: row.repositorySelection,
          repositories_added: action === 'added' ? added.map(repositoryReference) : [],
          repositories_removed: action === 'removed' ? removed.map(repositoryReference) : [],
          requester: null,
        },
      });
    }
    return row;
  });
  double.webhooks.kick();
  return updated;
}

/** The repositories of `of` that `list` does not have. */
function missingFrom(list: readonly OwnedRepository[], of: readonly OwnedRepository[]): OwnedRepository[] {
  const ids = new Set(list.map((repository) => repository.id));
  return of.filter((repository) => !ids.has(repository.id));
}
