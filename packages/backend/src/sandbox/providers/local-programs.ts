import { constants } from 'node:fs';
import { access, chmod, copyFile, mkdir, rename, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SandboxError } from '../sandbox-error.ts';

/** The programs a local sandbox runs, as absolute paths. */
export interface LocalSandboxPrograms {
  sandboxAgent: string;
  node: string;
  /** The demo agent's main file. */
  demoAgent: string;
}

/** Finds them in the installed packages of this workspace. */
export function locateLocalSandboxPrograms(): LocalSandboxPrograms {
  const fromHere = createRequire(import.meta.url);
  const platformPackage = `@sandbox-agent/cli-${process.platform}-${process.arch}`;
  try {
    // The binary's package is a dependency of a dependency: resolve one step at a time.
    const client = createRequire(fromHere.resolve('sandbox-agent'));
    const cli = createRequire(client.resolve('@sandbox-agent/cli/package.json'));
    const folder = path.dirname(cli.resolve(`${platformPackage}/package.json`));
    return {
      sandboxAgent: path.join(folder, 'bin', 'sandbox-agent'),
      node: process.execPath,
      demoAgent: fileURLToPath(import.meta.resolve('@foundry/demo-agent/main')),
    };
  } catch (error) {
    throw new SandboxError(
      'provider_unavailable',
      `Local sandboxes need the package ${platformPackage}, which is not installed.`,
      { providerMessage: error instanceof Error ? error.message : String(error), cause: error },
    );
  }
}

/**
 * The path of an executable copy of a binary. Package managers that run no install scripts leave the
 * server's binary without its executable bit, and installed packages may be read-only.
 */
export async function ensureExecutable(binary: string, folder: string): Promise<string> {
  const isExecutable = await access(binary, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (isExecutable) return binary;
  const { size, mtimeMs } = await stat(binary);
  const target = path.join(folder, `${path.basename(binary)}-${size}-${Math.round(mtimeMs)}`);
  const isThere = await access(target, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (isThere) return target;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const partial = `${target}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await copyFile(binary, partial);
  await chmod(partial, 0o755);
  await rename(partial, target);
  return target;
}
