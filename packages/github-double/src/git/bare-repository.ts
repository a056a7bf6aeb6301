import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fastImportStream } from './fast-import.ts';
import type { CommitInput, Signature } from './fast-import.ts';
import { git, GitError, tryGit } from './run-git.ts';

export interface Commit {
  sha: string;
  treeSha: string;
  parents: string[];
  author: Signature;
  committer: Signature;
  message: string;
}

export const zeroSha = '0'.repeat(40);

const commitFormat = '%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B';
const commitFieldCount = 10;

/** One bare repository on disk, asked through git plumbing. Shas and ref names are checked before they get here. */
export class BareRepository {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async init(): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    await git(dirname(this.path), ['init', '--quiet', '--bare', '--initial-branch=main', this.path]);
    await git(this.path, ['config', 'http.receivepack', 'true']);
    // Pull request heads may be fetched by sha, as GitHub allows.
    await git(this.path, ['config', 'uploadpack.allowAnySHA1InWant', 'true']);
    await git(this.path, ['config', 'receive.hideRefs', 'refs/pull']);
    // A closed pull request's commits must stay readable after its branch is gone.
    await git(this.path, ['config', 'gc.auto', '0']);
  }

  /** Branches and tags: full name to commit sha. */
  async refs(): Promise<Map<string, string>> {
    const text = await git(this.path, [
      'for-each-ref',
      '--format=%(refname)%00%(objectname)%00%(objecttype)%00%(*objectname)%00%(*objecttype)',
      'refs/heads',
      'refs/tags',
    ]);
    const refs = new Map<string, string>();
    for (const line of text.split('\n')) {
      const [name, sha, type, peeled, peeledType] = line.split('\0');
      if (name === undefined || sha === undefined) continue;
      // A tag may also name a file or a folder; nothing here is about those.
      if (type === 'commit') refs.set(name, sha);
      else if (peeledType === 'commit' && peeled !== undefined) refs.set(name, peeled);
    }
    return refs;
  }

  /** The commit a revision names, or undefined when there is none. */
  async resolveCommit(revision: string): Promise<string | undefined> {
    const result = await tryGit(this.path, [
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${revision}^{commit}`,
    ]);
    return result.exitCode === 0 ? result.stdout.toString('utf8').trim() : undefined;
  }

  async mergeBase(left: string, right: string): Promise<string | undefined> {
    const result = await tryGit(this.path, ['merge-base', left, right]);
    return result.exitCode === 0 ? result.stdout.toString('utf8').trim() : undefined;
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    const result = await tryGit(this.path, ['merge-base', '--is-ancestor', ancestor, descendant]);
    return result.exitCode === 0;
  }

  /** Commits of a range such as `base..head` or of one revision, newest first unless `reverse`. */
  async log(
    range: string,
    options: { limit?: number; skip?: number; reverse?: boolean; path?: string } = {},
  ): Promise<Commit[]> {
    const args = ['log', '-z', `--format=${commitFormat}`];
    if (options.limit !== undefined) args.push(`--max-count=${options.limit}`);
    if (options.skip !== undefined) args.push(`--skip=${options.skip}`);
    if (options.reverse === true) args.push('--reverse');
    args.push('--end-of-options', range, '--');
    if (options.path !== undefined) args.push(options.path);
    const fields = (await git(this.path, args)).split('\0');
    const commits: Commit[] = [];
    for (let start = 0; start + commitFieldCount <= fields.length; start += commitFieldCount) {
      const [sha = '', treeSha = '', parents = '', ...rest] = fields.slice(start, start + commitFieldCount);
      const [name = '', email = '', at = '', committer = '', committerEmail = '', committedAt = ''] = rest;
      commits.push({
        sha,
        treeSha,
        parents: parents.split(' ').filter((parent) => parent !== ''),
        author: { name, email, at: isoSeconds(at) },
        committer: { name: committer, email: committerEmail, at: isoSeconds(committedAt) },
        message: (rest[6] ?? '').replace(/\n$/, ''),
      });
    }
    return commits;
  }

  async commit(sha: string): Promise<Commit> {
    const [commit] = await this.log(sha, { limit: 1 });
    if (commit === undefined) throw new GitError(['log', sha], 128, 'no such commit');
    return commit;
  }

  async countCommits(range: string): Promise<number> {
    return Number((await git(this.path, ['rev-list', '--count', '--end-of-options', range])).trim());
  }

  /** The tree that merging `theirs` into `ours` gives, or undefined when they conflict. */
  async mergeTree(ours: string, theirs: string): Promise<string | undefined> {
    const result = await tryGit(this.path, ['merge-tree', '--write-tree', '--no-messages', ours, theirs]);
    if (result.exitCode !== 0) return undefined;
    return result.stdout.toString('utf8').split('\n')[0];
  }

  async commitTree(
    treeSha: string,
    parents: readonly string[],
    message: string,
    author: Signature,
    committer: Signature,
  ): Promise<string> {
    const args = ['commit-tree', treeSha, ...parents.flatMap((parent) => ['-p', parent]), '-F', '-'];
    const env = {
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_AUTHOR_DATE: author.at,
      GIT_COMMITTER_NAME: committer.name,
      GIT_COMMITTER_EMAIL: committer.email,
      GIT_COMMITTER_DATE: committer.at,
    };
    return (await git(this.path, args, { input: message, env })).trim();
  }

  /** Moves a ref only if it still is where the caller saw it. Throws GitError when it is not. */
  async updateRef(name: string, newSha: string, expectedSha: string): Promise<void> {
    await git(this.path, ['update-ref', name, newSha, expectedSha]);
  }

  async deleteRef(name: string, expectedSha: string): Promise<void> {
    await git(this.path, ['update-ref', '-d', name, expectedSha]);
  }

  /** Sets `refs/pull/N/head` for these pull requests, as GitHub keeps them. */
  async setPullHeads(heads: readonly { number: number; headSha: string }[]): Promise<void> {
    const input = heads.map((head) => `update refs/pull/${head.number}/head ${head.headSha}\n`).join('');
    if (input !== '') await git(this.path, ['update-ref', '--stdin'], { input });
  }

  /** Whether git accepts this as a full ref name. */
  async isValidRefName(name: string): Promise<boolean> {
    return (await tryGit(this.path, ['check-ref-format', name])).exitCode === 0;
  }

  async importCommits(commits: readonly CommitInput[]): Promise<void> {
    await git(this.path, ['fast-import', '--quiet', '--done', '--date-format=raw'], {
      input: fastImportStream(commits),
    });
  }

  /** The unified diff between two commits. */
  async diffText(from: string, to: string): Promise<string> {
    return git(this.path, ['diff', '--no-color', '--no-ext-diff', '-M', '--full-index', from, to]);
  }

  /** The commits of a range as e-mail patches. */
  async patchText(range: string): Promise<string> {
    return git(this.path, ['format-patch', '--stdout', '--end-of-options', range]);
  }
}

/** `2026-11-02T09:00:00+00:00` as GitHub writes it: `2026-11-02T09:00:00Z`. */
function isoSeconds(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? text : new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
