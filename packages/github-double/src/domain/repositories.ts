import { randomUUID } from 'node:crypto';
import type { Double } from '../double.ts';
import { now } from '../double.ts';
import type { FileChange } from '../git/fast-import.ts';
import type { Account } from '../store/accounts.ts';
import type { OwnedRepository } from '../store/repositories.ts';
import { emit } from '../webhooks/emit.ts';
import { GitHubError, notFound, validationFailed } from './errors.ts';
import { signatureOf } from './pulls.ts';
import { syncRefs } from './refs.ts';

function emitRepository(
  double: Double,
  repository: OwnedRepository,
  action: string,
  sender: Account,
  changes?: Record<string, unknown>,
): void {
  emit(double, {
    event: 'repository',
    action,
    sender,
    account: repository.owner,
    repository,
    payload: changes === undefined ? {} : { changes },
  });
}

function reload(double: Double, repository: OwnedRepository): OwnedRepository {
  const current = double.store.repositories.byId(repository.id);
  if (current === undefined) throw notFound();
  return current;
}

/** Creates a repository with one commit holding `files`. */
export async function createRepository(
  double: Double,
  owner: Account,
  sender: Account,
  input: { name: string; private: boolean; description: string; files: readonly FileChange[] },
): Promise<OwnedRepository> {
  const { store } = double;
  if (store.repositories.byName(owner.login, input.name) !== undefined) {
    throw new GitHubError(422, 'Repository creation failed.', [
      {
        resource: 'Repository',
        field: 'name',
        code: 'custom',
        message: 'name already exists on this account',
      },
    ]);
  }
  // Folders are named once and for all, so that renaming moves no files under a running git process.
  const folder = `${owner.login}/${input.name}-${randomUUID().slice(0, 8)}.git`;
  const bare = double.folders.open({ folder });
  await bare.init();
  if (input.files.length > 0) {
    await bare.importCommits([
      {
        ref: 'refs/heads/main',
        author: signatureOf(sender),
        message: 'First commit',
        files: input.files,
      },
    ]);
  }
  const refs = await bare.refs();
  const at = now();
  const repository = store.transaction(() => {
    const row = store.repositories.insert({
      ownerId: owner.id,
      name: input.name,
      folder,
      private: input.private,
      description: input.description,
      createdAt: at,
      updatedAt: at,
      pushedAt: at,
    });
    for (const [name, sha] of refs) store.repositories.setRef(row.id, name, sha);
    const owned = { ...row, owner };
    emitRepository(double, owned, 'created', sender);
    return owned;
  });
  double.webhooks.kick();
  return repository;
}

export async function deleteRepository(
  double: Double,
  repository: OwnedRepository,
  sender: Account,
): Promise<void> {
  const { store } = double;
  await double.folders.exclusive(repository.id, async () => {
    store.transaction(() => {
      emitRepository(double, repository, 'deleted', sender);
      store.repositories.delete(repository.id);
    });
    await double.folders.remove(repository);
  });
  double.webhooks.kick();
}

export function renameRepository(
  double: Double,
  repository: OwnedRepository,
  name: string,
  sender: Account,
): OwnedRepository {
  const { store } = double;
  if (store.repositories.byName(repository.owner.login, name) !== undefined) {
    throw validationFailed({ resource: 'Repository', field: 'name', code: 'already_exists' });
  }
  const renamed = store.transaction(() => {
    store.repositories.addAlias(repository.ownerId, repository.name, repository.id);
    store.repositories.update(repository.id, { name, updatedAt: now() });
    const current = reload(double, repository);
    emitRepository(double, current, 'renamed', sender, {
      repository: { name: { from: repository.name } },
    });
    return current;
  });
  double.webhooks.kick();
  return renamed;
}

/** Makes a repository private or public, archived or not, or changes its description. */
export function editRepository(
  double: Double,
  repository: OwnedRepository,
  changes: {
    private?: boolean | undefined;
    archived?: boolean | undefined;
    description?: string | undefined;
    defaultBranch?: string | undefined;
  },
  sender: Account,
): OwnedRepository {
  const { store } = double;
  const edited = store.transaction(() => {
    const at = { updatedAt: now() };
    if (changes.private !== undefined && changes.private !== repository.private) {
      store.repositories.update(repository.id, { private: changes.private, ...at });
      emitRepository(
        double,
        reload(double, repository),
        changes.private ? 'privatized' : 'publicized',
        sender,
      );
    }
    if (changes.archived !== undefined && changes.archived !== repository.archived) {
      store.repositories.update(repository.id, { archived: changes.archived, ...at });
      emitRepository(
        double,
        reload(double, repository),
        changes.archived ? 'archived' : 'unarchived',
        sender,
      );
    }
    if (changes.description !== undefined && changes.description !== repository.description) {
      store.repositories.update(repository.id, { description: changes.description, ...at });
      emitRepository(double, reload(double, repository), 'edited', sender, {
        description: { from: repository.description },
      });
    }
    if (changes.defaultBranch !== undefined && changes.defaultBranch !== repository.defaultBranch) {
      store.repositories.update(repository.id, { defaultBranch: changes.defaultBranch, ...at });
      emitRepository(double, reload(double, repository), 'edited', sender, {
        default_branch: { from: repository.defaultBranch },
      });
    }
    return reload(double, repository);
  });
  double.webhooks.kick();
  return edited;
}

/** Puts one commit on a branch (made from the default branch when new) and does what a push would. Returns its sha. */
export function commitFiles(
  double: Double,
  repository: OwnedRepository,
  author: Account,
  input: { branch: string; message: string; files: readonly FileChange[] },
): Promise<string> {
  return double.folders.exclusive(repository.id, async () => {
    await syncRefs(double, repository, author);
    const ref = `refs/heads/${input.branch}`;
    const bare = double.folders.open(repository);
    if (!(await bare.isValidRefName(ref))) {
      throw validationFailed({ resource: 'Reference', field: 'ref', code: 'invalid' });
    }
    const from =
      double.store.repositories.ref(repository.id, ref) ??
      double.store.repositories.ref(repository.id, `refs/heads/${repository.defaultBranch}`);
    await bare.importCommits([
      { ref, from, author: signatureOf(author), message: input.message, files: input.files },
    ]);
    await syncRefs(double, repository, author);
    const sha = double.store.repositories.ref(repository.id, ref);
    if (sha === undefined) throw notFound();
    return sha;
  });
}
