import type { SandboxTarget } from './execute-in-sandbox.ts';
import {
  credentialHelper,
  credentialOptions,
  gitError,
  requireBranchName,
  requireGit,
  runGit,
  saysAuthenticationFailed,
} from './git-command.ts';
import type { GitCallOptions } from './git-command.ts';
import { SandboxError } from './sandbox-error.ts';

const cloneTimeoutMs = 280_000;
const completedKey = 'foundry.cloneCompleted';

export interface CloneRequest {
  /** Without a token: the credential file holds that. */
  repositoryUrl: string;
  branch: string;
  baseBranch: string;
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface CloneResult {
  headSha: string;
  /** `existing`: the branch was on the remote; `created`: it was made from the base branch. */
  branch: 'existing' | 'created';
  /** True when an earlier call had already done all of it. */
  alreadyThere: boolean;
}

/**
 * Clones into the sandbox's checkout folder and checks the task's branch out. May be repeated: a
 * finished clone is left alone, an interrupted one is begun anew. Throws `clone_failed`,
 * `authentication_failed`, `disk_full` or `timeout` with git's words.
 */
export async function cloneRepository(target: SandboxTarget, request: CloneRequest): Promise<CloneResult> {
  const branch = requireBranchName(request.branch);
  const baseBranch = requireBranchName(request.baseBranch);
  const url = requireCleanUrl(request.repositoryUrl);
  const done = await readCompletedClone(target);
  if (done) return { ...done, alreadyThere: true };
  const call: GitCallOptions = {
    timeoutMs: request.timeoutMs ?? cloneTimeoutMs,
    signal: request.signal,
  };
  await emptyCheckout(target);
  try {
    await cloneBase(target, url, baseBranch, call);
    const isOnRemote = await fetchBranch(target, branch, call);
    const start = isOnRemote ? branch : baseBranch;
    await requireGit(
      target,
      ['checkout', '--quiet', '--no-track', '-B', branch, `refs/remotes/origin/${start}`],
      call,
    );
    await configureCheckout(target, branch);
    const kind = isOnRemote ? 'existing' : 'created';
    await requireGit(target, ['config', '--local', completedKey, kind]);
    return { headSha: await readHeadSha(target), branch: kind, alreadyThere: false };
  } catch (error) {
    throw asCloneError(error);
  }
}

/** The commit that is checked out. */
export async function readHeadSha(target: SandboxTarget): Promise<string> {
  return (await requireGit(target, ['rev-parse', '--verify', 'HEAD^{commit}'])).stdout.trim();
}

async function readCompletedClone(
  target: SandboxTarget,
): Promise<{ headSha: string; branch: 'existing' | 'created' } | undefined> {
  if (!(await target.client.stat(`${target.checkoutPath}/.git/config`))) return undefined;
  const { exitCode, stdout } = await runGit(target, ['config', '--local', '--get', completedKey]);
  if (exitCode !== 0) return undefined;
  const branch = stdout.trim() === 'existing' ? 'existing' : 'created';
  return { headSha: await readHeadSha(target), branch };
}

/** An interrupted clone holds nobody's work: the agent starts only after a completed one. */
async function emptyCheckout(target: SandboxTarget): Promise<void> {
  if (!(await target.client.stat(target.checkoutPath))) return;
  for (const entry of await target.client.listFolder(target.checkoutPath)) {
    const recursive = entry.entryType === 'directory';
    await target.client.deleteEntry(`${target.checkoutPath}/${entry.name}`, { recursive });
  }
}

async function cloneBase(
  target: SandboxTarget,
  url: string,
  baseBranch: string,
  call: GitCallOptions,
): Promise<void> {
  const result = await runGit(
    target,
    [
      ...credentialOptions(target),
      'clone',
      '--quiet',
      '--no-tags',
      '--no-checkout',
      '--single-branch',
      '--branch',
      baseBranch,
      '--',
      url,
      target.checkoutPath,
    ],
    { ...call, cwd: target.homePath },
  );
  if (result.exitCode !== 0) throw gitError(result, 'git clone');
}

/** Fetches a branch if the remote has it. */
async function fetchBranch(target: SandboxTarget, branch: string, call: GitCallOptions): Promise<boolean> {
  const listed = await requireGit(
    target,
    [...credentialOptions(target), 'ls-remote', '--heads', 'origin', `refs/heads/${branch}`],
    call,
  );
  if (listed.stdout.trim() === '') return false;
  const refspec = `+refs/heads/${branch}:refs/remotes/origin/${branch}`;
  await requireGit(
    target,
    [...credentialOptions(target), 'fetch', '--quiet', '--no-tags', 'origin', refspec],
    call,
  );
  return true;
}

/** What makes the agent's own git commands work: upstream, and the credential file by its path. */
async function configureCheckout(target: SandboxTarget, branch: string): Promise<void> {
  const settings: [string, string][] = [
    ['remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*'],
    [`branch.${branch}.remote`, 'origin'],
    [`branch.${branch}.merge`, `refs/heads/${branch}`],
    ['credential.helper', credentialHelper(target)],
  ];
  for (const [name, value] of settings) {
    await requireGit(target, ['config', '--local', '--replace-all', name, value]);
  }
}

function requireCleanUrl(repositoryUrl: string): string {
  const url = URL.parse(repositoryUrl);
  if (!url || !['http:', 'https:', 'file:'].includes(url.protocol)) {
    throw new SandboxError('invalid_request', 'A repository is cloned by its http, https or file URL.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new SandboxError('invalid_request', 'The URL of a repository must not hold credentials.');
  }
  return repositoryUrl;
}

function asCloneError(error: unknown): unknown {
  if (!(error instanceof SandboxError)) return error;
  if (error.code !== 'git_failed' && error.code !== 'authentication_failed') return error;
  const words = error.providerMessage ?? '';
  const code = saysAuthenticationFailed(words) ? 'authentication_failed' : 'clone_failed';
  return new SandboxError(code, 'The repository could not be cloned.', {
    providerMessage: words,
    cause: error,
  });
}
