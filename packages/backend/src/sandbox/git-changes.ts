import { randomUUID } from 'node:crypto';
import type { ChangedFile, TaskChanges } from '@foundry/shared/entities';
import { sandboxLimits } from '../limits.ts';
import { withinSize } from '../within-size.ts';
import { executeInSandbox } from './execute-in-sandbox.ts';
import type { SandboxTarget } from './execute-in-sandbox.ts';
import { gitError, gitWords, requireBranchName, requireGit, runGit } from './git-command.ts';
import type { GitCallOptions } from './git-command.ts';
import { readHeadSha } from './git-clone.ts';
import { SandboxError } from './sandbox-error.ts';

/** The tree without files, which git knows without having it stored. */
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

export interface Branches {
  branch: string;
  baseBranch: string;
}

/**
 * What the checkout changed against the merge base with the base branch: commits, uncommitted and
 * untracked work together. `readAtMs` is the caller's clock.
 */
export async function readChanges(
  target: SandboxTarget,
  { branch, baseBranch }: Branches,
): Promise<TaskChanges> {
  const headSha = await readHeadSha(target);
  const mergeBaseSha = await readMergeBase(target, baseBranch);
  const compared = mergeBaseSha ?? emptyTree;
  const listingArguments = [...diffCommand, '--raw', '--numstat', '--no-abbrev', '-z', compared];
  const listing = await withScratchIndex(target, (index) =>
    requireGit(target, [...listingArguments, '--'], index),
  );
  const uncommitted = await readUncommittedPaths(target);
  const files = parseRawAndNumstat(listing.stdout).map((file) => ({
    ...file,
    committed: !uncommitted.has(file.path),
  }));
  const listed = withinSize(files.slice(0, sandboxLimits.changedFiles), sandboxLimits.changedFilesSizeBytes);
  return {
    headSha,
    mergeBaseSha,
    unpushedCommits: await countUnpushedCommits(target, branch, baseBranch),
    uncommittedFiles: uncommitted.size,
    // A repository inside this one ("folder/") cannot be committed.
    uncommitted: withinSize(
      [...uncommitted].filter((path) => !path.endsWith('/')).slice(0, sandboxLimits.changedFiles),
      sandboxLimits.uncommittedSizeBytes,
    ),
    files: listed,
    truncated: listing.truncated || files.length > listed.length,
    totals: {
      files: files.length,
      additions: files.reduce((sum, file) => sum + (file.additions ?? 0), 0),
      deletions: files.reduce((sum, file) => sum + (file.deletions ?? 0), 0),
    },
    readAtMs: Date.now(),
  };
}

/**
 * The unified diff against the merge base, uncommitted and untracked work included. `paths` limits
 * it to files (of a rename give both names). Cut at `maxBytes`, and then `truncated`.
 */
export async function readDiff(
  target: SandboxTarget,
  request: { baseBranch: string; paths?: readonly string[]; maxBytes?: number },
): Promise<{ diff: string; truncated: boolean }> {
  const compared = (await readMergeBase(target, request.baseBranch)) ?? emptyTree;
  const maxOutputBytes = request.maxBytes ?? sandboxLimits.diffSizeBytes;
  const result = await withScratchIndex(target, (index) =>
    requireGit(target, [...diffCommand, '--patch', compared, '--', ...(request.paths ?? [])], {
      ...index,
      maxOutputBytes,
    }),
  );
  return { diff: result.stdout, truncated: result.truncated };
}

/** Where the branch left the base branch; null when they have no common commit. */
export async function readMergeBase(target: SandboxTarget, baseBranch: string): Promise<string | null> {
  const base = `refs/remotes/origin/${requireBranchName(baseBranch)}`;
  const result = await runGit(target, ['merge-base', 'HEAD', base]);
  if (result.exitCode === 0) return result.stdout.trim();
  if (result.exitCode === 1) return null;
  throw new SandboxError('git_failed', `The checkout has no base branch ${baseBranch}.`, {
    providerMessage: gitWords(result),
  });
}

export interface CommitSummary {
  sha: string;
  authorName: string;
  authorEmail: string;
  authoredAtMs: number;
  subject: string;
}

/** The branch's commits since it left the base branch, newest first. */
export async function readCommits(
  target: SandboxTarget,
  request: { baseBranch: string; limit?: number },
): Promise<CommitSummary[]> {
  const base = `refs/remotes/origin/${requireBranchName(request.baseBranch)}`;
  const { stdout } = await requireGit(target, [
    'log',
    '-z',
    '--format=%H%x1f%an%x1f%ae%x1f%at%x1f%s',
    `--max-count=${request.limit ?? 100}`,
    'HEAD',
    `^${base}`,
    '--',
  ]);
  return stdout
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const [sha = '', authorName = '', authorEmail = '', seconds = '0', subject = ''] = line.split('\u001f');
      return { sha, authorName, authorEmail, authoredAtMs: Number(seconds) * 1_000, subject };
    });
}

const diffCommand = [
  'diff',
  '--no-color',
  '--no-ext-diff',
  '--no-textconv',
  '--find-renames',
  '--src-prefix=a/',
  '--dst-prefix=b/',
];

/**
 * Runs git with a copy of the index in which untracked files stand as "to be added": with it one
 * `git diff` shows everything, renames included, and the agent's own index is neither changed nor
 * locked. Each call has its own copy, so that two readers do not meet.
 */
async function withScratchIndex<T>(
  target: SandboxTarget,
  work: (options: GitCallOptions) => Promise<T>,
): Promise<T> {
  const folder = `${target.checkoutPath}/.git`;
  const scratch = `${folder}/foundry-index-${randomUUID()}`;
  const options = { env: { GIT_INDEX_FILE: scratch } };
  try {
    // The times are kept: git compares them with those of the files to find late changes.
    const copied = await executeInSandbox(target, {
      command: 'cp',
      args: ['-p', '--', `${folder}/index`, scratch],
      cwd: target.checkoutPath,
      timeoutMs: 10_000,
    });
    // There is no index before the first checkout of an empty repository.
    if (copied.exitCode !== 0) await requireGit(target, ['read-tree', 'HEAD'], options);
    // A folder that git cannot add (an empty repository inside this one) must not hide all others.
    const adding = ['add', '--intent-to-add', '--ignore-errors', '--', '.'];
    const added = await runGit(target, adding, options);
    if (added.exitCode !== 0 && added.exitCode !== 1) throw gitError(added, 'git add');
    return await work(options);
  } finally {
    await target.client.deleteEntry(scratch);
  }
}

/** Everything that a commit of all would take in: changed, new and deleted files; of a rename both names. */
export async function readUncommittedPaths(target: SandboxTarget): Promise<Set<string>> {
  const { stdout } = await requireGit(target, [
    'status',
    '--porcelain=v2',
    '-z',
    '--untracked-files=all',
    '--ignore-submodules=none',
  ]);
  return parseStatusPaths(stdout);
}

async function countUnpushedCommits(
  target: SandboxTarget,
  branch: string,
  baseBranch: string,
): Promise<number> {
  const remote = `refs/remotes/origin/${requireBranchName(branch)}`;
  const exists = await runGit(target, ['rev-parse', '--verify', '--quiet', remote]);
  const known = exists.exitCode === 0 ? remote : `refs/remotes/origin/${baseBranch}`;
  const { stdout } = await requireGit(target, ['rev-list', '--count', 'HEAD', `^${known}`, '--']);
  return Number(stdout.trim());
}

const statusOfLetter: Record<string, ChangedFile['status']> = {
  A: 'added',
  M: 'modified',
  D: 'deleted',
  R: 'renamed',
  C: 'copied',
  T: 'type_changed',
};

/**
 * Parses `git diff --raw --numstat -z`: first the raw records (":modes shas X", path, and for
 * renames a second path), then the counts ("added TAB deleted TAB path", or with an empty path and
 * the two names after it).
 */
export function parseRawAndNumstat(output: string): Omit<ChangedFile, 'committed'>[] {
  const fields = output.split('\0');
  const files = new Map<string, Omit<ChangedFile, 'committed'>>();
  let position = 0;
  const next = (): string => fields[position++] ?? '';
  while (position < fields.length) {
    const field = next();
    if (field === '') continue;
    if (field.startsWith(':')) {
      const [before = '', after = '', , , letters = 'M'] = field.slice(1).split(' ');
      const letter = letters.charAt(0);
      const first = next();
      const isPair = letter === 'R' || letter === 'C';
      const path = isPair ? next() : first;
      files.set(path, {
        path,
        oldPath: isPair ? first : null,
        status: statusOfLetter[letter] ?? 'modified',
        additions: null,
        deletions: null,
        ...modesOf(before, after),
      });
      continue;
    }
    const [added = '', deleted = '', inline = ''] = splitCounts(field);
    let path = inline;
    if (path === '') {
      next();
      path = next();
    }
    const file = files.get(path);
    // A binary file has "-" for both counts.
    if (file && added !== '-') {
      files.set(path, { ...file, additions: Number(added), deletions: Number(deleted) });
    }
  }
  return [...files.values()];
}

const noFile = '000000';
const plainFile = '100644';

/** Left out where both sides are plain files, or not there. */
function modesOf(before: string, after: string): Pick<ChangedFile, 'modes'> {
  if ([before, after].every((mode) => mode === plainFile || mode === noFile)) return {};
  const known = (mode: string): string | null => (mode === noFile ? null : mode);
  return { modes: { before: known(before), after: known(after) } };
}

/** Splits at the first two tabs: the file's name may hold more of them. */
function splitCounts(field: string): string[] {
  const first = field.indexOf('\t');
  const second = field.indexOf('\t', first + 1);
  return [field.slice(0, first), field.slice(first + 1, second), field.slice(second + 1)];
}

/** The paths named by `git status --porcelain=v2 -z`; of a rename both. */
export function parseStatusPaths(output: string): Set<string> {
  const paths = new Set<string>();
  const fields = output.split('\0');
  for (let position = 0; position < fields.length; position += 1) {
    const field = fields[position] ?? '';
    const kind = field.charAt(0);
    if (kind === '1') paths.add(field.split(' ').slice(8).join(' '));
    else if (kind === 'u') paths.add(field.split(' ').slice(10).join(' '));
    else if (kind === '?') paths.add(field.slice(2));
    else if (kind === '2') {
      paths.add(field.split(' ').slice(9).join(' '));
      position += 1;
      paths.add(fields[position] ?? '');
    }
  }
  return paths;
}
