import { z } from 'zod';

/**
 * GitHub keeps a ref as the name of a file: 255 bytes, of which `refs/heads/` takes eleven.
 * Git itself knows no limit.
 */
const maxBytes = 244;
const encoder = new TextEncoder();

/**
 * Why a branch cannot have this name, as a sentence's end ("A branch cannot be named so: …"); null when it can. The
 * rules are those of `git check-ref-format --branch`, and two of GitHub's own.
 */
export function branchNameProblem(name: string): string | null {
  if (name === '') return 'a name is missing';
  if (!name.isWellFormed()) return 'it holds half a character';
  if (encoder.encode(name).length > maxBytes) return `it is longer than ${String(maxBytes)} bytes`;
  if (name === 'HEAD' || name === '@') return `git takes ${name} for the commit that is checked out`;
  if (name.startsWith('-')) return 'git takes a name that begins with "-" for an option';
  if (name.startsWith('refs/')) return 'GitHub does not take names that begin with "refs/"; leave that out';
  if (/^[0-9a-f]{40}$/i.test(name)) return 'GitHub takes 40 hexadecimal digits for the id of a commit';
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u0020\u007f]/.test(name)) return 'it holds a space, a line break or a control character';
  const sign = /[~^:?*[\\]/.exec(name);
  if (sign !== null) return `git does not take "${sign[0]}" in it`;
  if (name.includes('..')) return 'git does not take ".." in it';
  if (name.includes('@{')) return 'git does not take "@{" in it';
  if (name.endsWith('.')) return 'it ends with "."';
  for (const part of name.split('/')) {
    if (part === '') return 'a "/" stands at its begin or end, or beside another one';
    if (part.startsWith('.')) return `"${part}" in it begins with "."`;
    if (part.endsWith('.lock')) return `"${part}" in it ends with ".lock"`;
  }
  return null;
}

/** The name of a branch that is to be made, or to be worked on. */
export const branchNameSchema = z.string().superRefine((name, context) => {
  const problem = branchNameProblem(name);
  if (problem !== null) context.addIssue({ code: 'custom', message: `not a name for a branch: ${problem}` });
});

/** Git keeps refs as paths: beside an equal name, `a` and `a/b` cannot both exist. */
export function branchesClash(left: string, right: string): boolean {
  return left === right || left.startsWith(`${right}/`) || right.startsWith(`${left}/`);
}
