import type { BareRepository } from './bare-repository.ts';
import { git, tryGit } from './run-git.ts';

export interface TreeEntry {
  mode: string;
  type: 'blob' | 'tree' | 'commit';
  sha: string;
  sizeBytes: number;
  path: string;
}

/** The entry at `path` (empty: the root) of a commit, and its children when it is a folder. Undefined when absent. */
export async function readTreePath(
  repository: BareRepository,
  commitSha: string,
  path: string,
): Promise<{ kind: 'file'; entry: TreeEntry } | { kind: 'folder'; entries: TreeEntry[] } | undefined> {
  if (path === '') return { kind: 'folder', entries: await listTree(repository, commitSha, '') };
  const [entry] = await listTree(repository, commitSha, path);
  if (entry === undefined) return undefined;
  if (entry.type !== 'tree') return { kind: 'file', entry };
  return { kind: 'folder', entries: await listTree(repository, commitSha, `${path}/`) };
}

export async function readBlob(repository: BareRepository, sha: string): Promise<Buffer> {
  const result = await tryGit(repository.path, ['cat-file', 'blob', sha]);
  return result.stdout;
}

/** Every entry below a commit or tree, for the recursive tree listing. */
export async function listRecursively(repository: BareRepository, sha: string): Promise<TreeEntry[]> {
  return parse(await git(repository.path, ['ls-tree', '-z', '-l', '-r', '-t', '--full-tree', sha]));
}

async function listTree(repository: BareRepository, sha: string, path: string): Promise<TreeEntry[]> {
  const args = ['ls-tree', '-z', '-l', '--full-tree', sha];
  // The literal pathspec magic keeps a path with wildcards from matching other files.
  if (path !== '') args.push('--', path);
  return parse(await git(repository.path, args, { env: { GIT_LITERAL_PATHSPECS: '1' } }));
}

function parse(text: string): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (const line of text.split('\0')) {
    const [head, path] = line.split('\t');
    if (head === undefined || path === undefined) continue;
    const [mode = '', type = '', sha = '', size = ''] = head.split(/\s+/);
    if (type !== 'blob' && type !== 'tree' && type !== 'commit') continue;
    entries.push({ mode, type, sha, sizeBytes: Number.parseInt(size, 10) || 0, path });
  }
  return entries;
}
