import { branchNameProblem } from '@foundry/shared/branch-names';
import { executeInSandbox } from './execute-in-sandbox.ts';
import type { ExecuteResult, SandboxTarget } from './execute-in-sandbox.ts';
import { SandboxError } from './sandbox-error.ts';

export interface GitCallOptions {
  timeoutMs?: number;
  maxOutputBytes?: number;
  signal?: AbortSignal | undefined;
  env?: Record<string, string>;
  cwd?: string;
}

const readTimeoutMs = 20_000;

/** Where the credential of the task's owner lies inside the sandbox. */
export function credentialPath(target: SandboxTarget): string {
  return `${target.homePath}/.git-token`;
}

/** The helper that reads that file, as a value of git's configuration. It holds the path only. */
export function credentialHelper(target: SandboxTarget): string {
  // git hands this line to a shell inside the sandbox, and the path may hold spaces.
  return `store --file='${credentialPath(target).replaceAll("'", String.raw`'\''`)}'`;
}

/** Makes one git call use that helper and no other. */
export function credentialOptions(target: SandboxTarget): string[] {
  return ['-c', 'credential.helper=', '-c', `credential.helper=${credentialHelper(target)}`];
}

/** Runs git in the checkout and returns whatever it did; throws only when it could not run. */
export function runGit(
  target: SandboxTarget,
  args: readonly string[],
  options: GitCallOptions = {},
): Promise<ExecuteResult> {
  return executeInSandbox(target, {
    command: 'git',
    args: ['--literal-pathspecs', '-c', 'core.quotePath=false', ...args],
    cwd: options.cwd ?? target.checkoutPath,
    // Words are matched below and parsed elsewhere: no translations, no questions.
    env: { LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', ...options.env },
    timeoutMs: options.timeoutMs ?? readTimeoutMs,
    ...(options.maxOutputBytes === undefined ? {} : { maxOutputBytes: options.maxOutputBytes }),
    ...(options.signal ? { signal: options.signal } : {}),
  });
}

/** Runs git and throws `git_failed` with git's words unless it exits with 0. */
export async function requireGit(
  target: SandboxTarget,
  args: readonly string[],
  options: GitCallOptions = {},
): Promise<ExecuteResult> {
  const result = await runGit(target, args, options);
  if (result.exitCode === 0) return result;
  throw gitError(result, `git ${args.find((word) => /^[a-z][a-z-]+$/.test(word)) ?? ''}`);
}

/** The SandboxError for a git command that failed. */
export function gitError(result: ExecuteResult, what: string): SandboxError {
  const words = gitWords(result);
  const code = saysAuthenticationFailed(words) ? 'authentication_failed' : 'git_failed';
  return new SandboxError(code, `${what.trim()} failed in the sandbox.`, {
    providerMessage: words,
  });
}

/** What git said, without its advice, which is meant for somebody at a command line. */
export function gitWords(result: ExecuteResult): string {
  const words = result.stderr.trim() === '' ? result.stdout : result.stderr;
  return withoutHints(words).slice(-2_000);
}

export function withoutHints(words: string): string {
  return words.replaceAll(/^hint:.*(?:\n|$)/gm, '').trim();
}

/** The host does not know who is asking: no credential, or one that it does not take (any more). */
export function saysAuthenticationFailed(words: string): boolean {
  return /authentication failed|could not read (?:username|password)|terminal prompts disabled|HTTP Basic: Access denied|requested URL returned error: 401|invalid credentials/i.test(
    words,
  );
}

/** The host knows who is asking, and they may not do this: a new token would not help. */
export function saysForbidden(words: string): boolean {
  return /requested URL returned error: 403|permission to \S+ denied|write access to repository not granted/i.test(
    words,
  );
}

/** Refuses names that git would take for an option or cannot have as a branch. */
export function requireBranchName(branch: string): string {
  const problem = branchNameProblem(branch);
  if (problem === null) return branch;
  throw new SandboxError('invalid_branch', `"${branch}" cannot be the name of a branch: ${problem}.`);
}
