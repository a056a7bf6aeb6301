import { constants, realpathSync } from 'node:fs';
import { access, chmod, copyFile, mkdir, rename, stat } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
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
  const platformPackage = `@sandbox-agent/cli-${process.platform}-${process.arch}`;
  try {
    // The binary's package is a dependency of a dependency: go one step at a time.
    const client = packageFolder('sandbox-agent', import.meta.url);
    const cli = packageFolder('@sandbox-agent/cli', pathToFileURL(path.join(client, 'index.js')));
    const binary = packageFolder(platformPackage, pathToFileURL(path.join(cli, 'index.js')));
    return {
      sandboxAgent: path.join(binary, 'bin', 'sandbox-agent'),
      node: process.execPath,
      demoAgent: path.join(packageFolder('@foundry/demo-agent', import.meta.url), 'src', 'main.ts'),
    };
  } catch (error) {
    throw new SandboxError(
      'provider_unavailable',
      `Local sandboxes need the package ${platformPackage}, which is not installed.`,
      { providerMessage: error instanceof Error ? error.message : String(error), cause: error },
    );
  }
}

/** The real folder of a package as seen from a file; packages below it are looked up from there. */
function packageFolder(name: string, from: string | URL): string {
  const manifest = findPackageJSON(name, from);
  if (manifest === undefined) throw new Error(`The package ${name} is not installed.`);
  return path.dirname(realpathSync(manifest));
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
