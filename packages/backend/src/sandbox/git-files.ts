import { executeInSandbox } from './execute-in-sandbox.ts';
import type { SandboxTarget } from './execute-in-sandbox.ts';
import { requireGit } from './git-command.ts';
import { SandboxError } from './sandbox-error.ts';

const maxTreePaths = 5_000;
const defaultMaxFileBytes = 1024 * 1024;

/** Paths of the checkout's files, tracked and untracked, without ignored ones; sorted. */
export async function listTree(target: SandboxTarget): Promise<{ paths: string[]; truncated: boolean }> {
  const listed = await requireGit(target, [
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
    '--deduplicate',
  ]);
  const removed = await requireGit(target, ['ls-files', '-z', '--deleted']);
  const missing = new Set(namesOf(removed.stdout, removed.truncated));
  const paths = namesOf(listed.stdout, listed.truncated)
    .filter((path) => !missing.has(path))
    .sort();
  return {
    paths: paths.slice(0, maxTreePaths),
    truncated: listed.truncated || paths.length > maxTreePaths,
  };
}

export interface CheckoutFile {
  sizeBytes: number;
  binary: boolean;
  /** Null for a binary file. */
  text: string | null;
}

/**
 * A file of the checkout as it is on the disk. Throws `not_found`, `too_large`, and
 * `invalid_request` for a path that leads out of the checkout, also by a link.
 */
export async function readCheckoutFile(
  target: SandboxTarget,
  path: string,
  options: { maxBytes?: number } = {},
): Promise<CheckoutFile> {
  if (path === '' || path.startsWith('/') || path.includes('\0')) throw outside(path);
  const real = await executeInSandbox(target, {
    command: 'realpath',
    args: ['--canonicalize-missing', '-z', '--', target.checkoutPath, path],
    cwd: target.checkoutPath,
    timeoutMs: 5_000,
  });
  const [root = '', absolute = ''] = real.stdout.split('\0');
  if (real.exitCode !== 0 || root === '' || !absolute.startsWith(`${root}/`)) throw outside(path);
  const stat = await target.client.stat(absolute);
  if (stat?.entryType !== 'file') {
    throw new SandboxError('not_found', `The checkout has no file ${path}.`);
  }
  const maxBytes = options.maxBytes ?? defaultMaxFileBytes;
  if (stat.size > maxBytes) {
    throw new SandboxError('too_large', `${path} has ${stat.size} bytes; ${maxBytes} are shown.`);
  }
  const bytes = await target.client.readFile(absolute);
  const binary = bytes.subarray(0, 8_000).includes(0);
  return {
    sizeBytes: bytes.byteLength,
    binary,
    text: binary ? null : new TextDecoder().decode(bytes),
  };
}

/** Names of a NUL-separated list; the last of a list that was cut may be half a name. */
function namesOf(output: string, truncated: boolean): string[] {
  const names = output.split('\0');
  names.pop();
  return truncated ? names.slice(0, -1) : names;
}

function outside(path: string): SandboxError {
  return new SandboxError('invalid_request', `${path} is not a path inside the checkout.`);
}
