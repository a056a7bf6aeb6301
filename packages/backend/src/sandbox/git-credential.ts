import { pack } from 'tar-stream';
import type { SandboxTarget } from './execute-in-sandbox.ts';
import { credentialPath, requireGit } from './git-command.ts';
import { SandboxError } from './sandbox-error.ts';

/**
 * Puts a token for a git host into the sandbox: a file of mode 0600, in the form of git's own
 * credential store, sent as a tar archive in a request body. It is never an argument or in an
 * environment. Replaces the one before, of which nothing remains.
 *
 * `hostUrl` is the git host, for instance `https://github.com`.
 */
export async function installCredential(
  target: SandboxTarget,
  token: string,
  hostUrl: string,
): Promise<void> {
  const line = credentialLine(token, hostUrl);
  // Removed first, so that a link which somebody put in its place is not followed.
  await removeCredential(target);
  await target.client.uploadTar(target.homePath, await tarOf('.git-token', line));
}

function credentialLine(token: string, hostUrl: string): string {
  const url = new URL(hostUrl);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new SandboxError('invalid_request', 'A git host is reached by http or https.');
  }
  return `${url.protocol}//x-access-token:${encodeURIComponent(token)}@${url.host}\n`;
}

/** Whether this token is the one in the sandbox. git itself empties the file when the host refuses what was in it. */
export async function stateOfCredential(
  target: SandboxTarget,
  token: string,
  hostUrl: string,
): Promise<'current' | 'different' | 'absent'> {
  if ((await target.client.stat(credentialPath(target))) === null) return 'absent';
  const content = new TextDecoder().decode(await target.client.readFile(credentialPath(target)));
  return content === credentialLine(token, hostUrl) ? 'current' : 'different';
}

/** Removes the token; there may be none. */
export async function removeCredential(target: SandboxTarget): Promise<void> {
  await target.client.deleteEntry(credentialPath(target));
}

/** Sets who authors the commits made in this checkout from now on. */
export async function setGitIdentity(
  target: SandboxTarget,
  identity: { name: string; email: string },
): Promise<void> {
  await requireGit(target, ['config', '--local', 'user.name', identity.name]);
  await requireGit(target, ['config', '--local', 'user.email', identity.email]);
}

async function tarOf(name: string, content: string): Promise<Uint8Array<ArrayBuffer>> {
  const archive = pack();
  archive.entry({ name, mode: 0o600, type: 'file' }, content);
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) {
    if (chunk instanceof Uint8Array) chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
