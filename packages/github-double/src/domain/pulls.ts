import type { Double } from '../double.ts';
import { now } from '../double.ts';
import { makeMerge } from '../git/merge.ts';
import type { MergeMethod } from '../git/merge.ts';
import type { Signature } from '../git/fast-import.ts';
import { GitError } from '../git/run-git.ts';
import type { Account } from '../store/accounts.ts';
import type { PullRequest } from '../store/pulls.ts';
import type { OwnedRepository } from '../store/repositories.ts';
import { GitHubError, validationFailed } from './errors.ts';
import { emitPull } from './pull-events.ts';
import { syncRefs } from './refs.ts';

export function signatureOf(account: Account): Signature {
  return { name: account.name, email: account.email, at: now() };
}

export interface NewPull {
  title: string;
  body: string | null;
  head: string;
  base: string;
  draft: boolean;
}

/** Opens a pull request between two branches of one repository. Throws GitHubError 422 as GitHub does. */
export function createPull(
  double: Double,
  repository: OwnedRepository,
  author: Account,
  input: NewPull,
): Promise<PullRequest> {
  return double.folders.exclusive(repository.id, async () => {
    await syncRefs(double, repository, author);
    const { store } = double;
    const [headOwner, headBranch] = splitHead(repository, input.head);
    if (headOwner.toLowerCase() !== repository.owner.login.toLowerCase()) {
      throw validationFailed({ resource: 'PullRequest', field: 'head', code: 'invalid' });
    }
    const headSha = store.repositories.ref(repository.id, `refs/heads/${headBranch}`);
    const baseSha = store.repositories.ref(repository.id, `refs/heads/${input.base}`);
    if (headSha === undefined) {
      throw validationFailed({ resource: 'PullRequest', field: 'head', code: 'invalid' });
    }
    if (baseSha === undefined) {
      throw validationFailed({ resource: 'PullRequest', field: 'base', code: 'invalid' });
    }
    const existing = store.pulls.list(repository.id, {
      state: 'open',
      headRef: headBranch,
      baseRef: input.base,
      sort: 'created',
      direction: 'desc',
    });
    if (existing.length > 0) {
      throw validationFailed({
        resource: 'PullRequest',
        code: 'custom',
        message: `A pull request already exists for ${repository.owner.login}:${headBranch}.`,
      });
    }
    const bare = double.folders.open(repository);
    if (await bare.isAncestor(headSha, baseSha)) {
      throw validationFailed({
        resource: 'PullRequest',
        code: 'custom',
        message: `No commits between ${input.base} and ${headBranch}`,
      });
    }
    const at = now();
    const values = {
      repositoryId: repository.id,
      title: input.title,
      body: input.body,
      state: 'open' as const,
      draft: input.draft,
      authorId: author.id,
      headRef: headBranch,
      headSha,
      baseRef: input.base,
      baseSha,
      createdAt: at,
      updatedAt: at,
    };
    await double.pullFacts.whole(repository, values);
    const pull = store.transaction(() => {
      const created = store.pulls.insert(values);
      emitPull(double, repository, created, 'opened', author);
      return created;
    });
    await bare.setPullHeads([pull]);
    double.webhooks.kick();
    return pull;
  });
}

/** `owner:branch` or `branch`, as the `head` parameter takes it. */
function splitHead(repository: OwnedRepository, head: string): [string, string] {
  const colon = head.indexOf(':');
  return colon < 0 ? [repository.owner.login, head] : [head.slice(0, colon), head.slice(colon + 1)];
}

export interface PullChanges {
  title?: string | undefined;
  body?: string | null | undefined;
  state?: 'open' | 'closed' | undefined;
  base?: string | undefined;
}

/** Edits, closes or reopens a pull request. */
export function updatePull(
  double: Double,
  repository: OwnedRepository,
  pull: PullRequest,
  sender: Account,
  changes: PullChanges,
): Promise<PullRequest> {
  return double.folders.exclusive(repository.id, async () => {
    const { store } = double;
    const current = store.pulls.byId(pull.id) ?? pull;
    const refSha = (branch: string) => store.repositories.ref(repository.id, `refs/heads/${branch}`);
    const edits: Record<string, { from: string }> = {};
    const values: Partial<PullRequest> = {};
    if (changes.title !== undefined && changes.title !== current.title) {
      values.title = changes.title;
      edits['title'] = { from: current.title };
    }
    if (changes.body !== undefined && changes.body !== current.body) {
      values.body = changes.body;
      edits['body'] = { from: current.body ?? '' };
    }
    const baseEdit: Record<string, unknown> = {};
    if (changes.base !== undefined && changes.base !== current.baseRef) {
      const baseSha = refSha(changes.base);
      if (baseSha === undefined) {
        throw validationFailed({ resource: 'PullRequest', field: 'base', code: 'invalid' });
      }
      values.baseRef = changes.base;
      values.baseSha = baseSha;
      baseEdit['base'] = { ref: { from: current.baseRef }, sha: { from: current.baseSha } };
    }
    const closes = changes.state === 'closed' && current.state === 'open';
    const reopens = changes.state === 'open' && current.state === 'closed';
    if (reopens) Object.assign(values, reopened(current, refSha));
    const at = now();
    if (closes) Object.assign(values, { state: 'closed', closedAt: at });
    if (Object.keys(values).length === 0) return current;
    await double.pullFacts.whole(repository, { ...current, ...values });
    const updated = store.transaction(() => {
      const row = store.pulls.update(current.id, { ...values, updatedAt: at });
      const edited = { ...edits, ...baseEdit };
      if (Object.keys(edited).length > 0) {
        emitPull(double, repository, row, 'edited', sender, { changes: edited });
      }
      if (closes) emitPull(double, repository, row, 'closed', sender);
      if (reopens) emitPull(double, repository, row, 'reopened', sender);
      return row;
    });
    double.webhooks.kick();
    return updated;
  });
}

function reopened(
  current: PullRequest,
  refSha: (branch: string) => string | undefined,
): Partial<PullRequest> {
  const refuse = (message: string) =>
    validationFailed({ resource: 'PullRequest', field: 'state', code: 'invalid', message });
  if (current.merged) throw refuse('state cannot be changed. The pull request cannot be reopened.');
  const headSha = refSha(current.headRef);
  const baseSha = refSha(current.baseRef);
  if (headSha === undefined) {
    throw refuse(`state cannot be changed. The ${current.headRef} branch has been deleted.`);
  }
  if (baseSha === undefined) {
    throw refuse(`state cannot be changed. The ${current.baseRef} branch has been deleted.`);
  }
  return { state: 'open', closedAt: null, headSha, baseSha };
}

/** Turns a draft into a ready pull request or back. Does nothing when it already is so. */
export function setDraft(
  double: Double,
  repository: OwnedRepository,
  pull: PullRequest,
  sender: Account,
  draft: boolean,
): PullRequest {
  if (pull.draft === draft) return pull;
  const { store } = double;
  const updated = store.transaction(() => {
    const row = store.pulls.update(pull.id, { draft, updatedAt: now() });
    emitPull(double, repository, row, draft ? 'converted_to_draft' : 'ready_for_review', sender);
    return row;
  });
  double.webhooks.kick();
  return updated;
}

export interface MergeInput {
  method: MergeMethod;
  /** The head the caller saw; a different one is a 409. */
  expectedHeadSha?: string | undefined;
  title?: string | undefined;
  message?: string | undefined;
}

/** Merges a pull request into its base with a real commit. Throws 405 when it cannot be merged, 409 when it moved. */
export function mergePull(
  double: Double,
  repository: OwnedRepository,
  pullId: number,
  merger: Account,
  input: MergeInput,
): Promise<PullRequest> {
  return double.folders.exclusive(repository.id, async () => {
    const { store } = double;
    await syncRefs(double, repository, merger);
    const pull = store.pulls.byId(pullId);
    if (pull === undefined) throw new GitHubError(404, 'Not Found');
    if (pull.state === 'closed') throw new GitHubError(405, 'Pull Request is not mergeable');
    if (pull.draft) throw new GitHubError(405, 'Pull Request is still a draft');
    if (input.expectedHeadSha !== undefined && input.expectedHeadSha !== pull.headSha) {
      throw new GitHubError(409, 'Head branch was modified. Review and try the merge again.');
    }
    const author = store.accounts.byId(pull.authorId) ?? merger;
    const bare = double.folders.open(repository);
    const tip = await makeMerge(bare, {
      method: input.method,
      baseSha: pull.baseSha,
      headSha: pull.headSha,
      message: mergeMessage(repository, pull, input),
      merger: signatureOf(merger),
      author: signatureOf(author),
    });
    if (tip === undefined) throw new GitHubError(405, 'Pull Request is not mergeable');
    try {
      await bare.updateRef(`refs/heads/${pull.baseRef}`, tip, pull.baseSha);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      throw new GitHubError(409, 'Base branch was modified. Review and try the merge again.');
    }
    const at = now();
    const merged = store.transaction(() => {
      const row = store.pulls.update(pull.id, {
        state: 'closed',
        merged: true,
        mergeCommitSha: tip,
        mergedAt: at,
        mergedById: merger.id,
        closedAt: at,
        updatedAt: at,
      });
      emitPull(double, repository, row, 'closed', merger);
      return row;
    });
    await syncRefs(double, repository, merger);
    double.webhooks.kick();
    return merged;
  });
}

function mergeMessage(repository: OwnedRepository, pull: PullRequest, input: MergeInput): string {
  const title =
    input.title ??
    (input.method === 'squash'
      ? `${pull.title} (#${pull.number})`
      : `Merge pull request #${pull.number} from ${repository.owner.login}/${pull.headRef}`);
  const message = input.message ?? (input.method === 'squash' ? '' : pull.title);
  return message === '' ? `${title}\n` : `${title}\n\n${message}\n`;
}
