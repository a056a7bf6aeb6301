/** One person and moment in a commit. `at` is ISO 8601. */
export interface Signature {
  name: string;
  email: string;
  at: string;
}

/** One file of a commit; null content removes the file. */
export interface FileChange {
  path: string;
  content: string | Buffer | null;
  executable?: boolean;
}

export interface CommitInput {
  /** Full ref name, e.g. `refs/heads/main`. */
  ref: string;
  /** A sha, a full ref name, or undefined for a first commit (or to go on where this stream left the ref). */
  from?: string | undefined;
  author: Signature;
  committer?: Signature;
  message: string;
  files: readonly FileChange[];
}

function signature(kind: string, person: Signature): string {
  // Angle brackets and line ends would change the stream's structure.
  const clean = (text: string) => text.replaceAll(/[<>\n\0]/g, '');
  return `${kind} ${clean(person.name)} <${clean(person.email)}> ${Math.floor(Date.parse(person.at) / 1000)} +0000\n`;
}

function quotePath(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function data(content: string | Buffer): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  return Buffer.concat([Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from('\n')]);
}

/** The input for `git fast-import` that makes these commits in order. */
export function fastImportStream(commits: readonly CommitInput[]): Buffer {
  const parts: Buffer[] = [];
  for (const commit of commits) {
    parts.push(
      Buffer.from(
        `commit ${commit.ref}\n${signature('author', commit.author)}${signature('committer', commit.committer ?? commit.author)}`,
      ),
      data(commit.message),
    );
    if (commit.from !== undefined) parts.push(Buffer.from(`from ${commit.from}\n`));
    for (const file of commit.files) {
      if (file.content === null) {
        parts.push(Buffer.from(`D ${quotePath(file.path)}\n`));
      } else {
        const mode = file.executable === true ? '100755' : '100644';
        parts.push(Buffer.from(`M ${mode} inline ${quotePath(file.path)}\n`), data(file.content));
      }
    }
    parts.push(Buffer.from('\n'));
  }
  parts.push(Buffer.from('done\n'));
  return Buffer.concat(parts);
}
