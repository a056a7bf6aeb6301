import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { SandboxError, systemErrorCode } from '../sandbox-error.ts';
import { sandboxIdentitySchema } from './provider.ts';

/** What a local sandbox remembers of itself: `sandbox.json` in its folder, mode 0600. */
export const localRecordSchema = z.object({
  identity: sandboxIdentitySchema,
  /** False until `create` has laid out the folder completely. */
  installed: z.boolean(),
  token: z.string().min(32),
  port: z.number().int().positive().nullable(),
  /** The server's process; null when it was stopped on purpose or never started. */
  process: z.object({ pid: z.number().int().positive(), startedAt: z.string() }).nullable(),
});
export type LocalRecord = z.infer<typeof localRecordSchema>;

/** The folders of one sandbox below the provider's root. */
export interface LocalLayout {
  folder: string;
  recordFile: string;
  homePath: string;
  dataPath: string;
  temporaryPath: string;
  checkoutPath: string;
  serverLogPath: string;
  serverOutputFile: string;
  demoAgentLauncher: string;
}

export function layoutOf(rootFolder: string, sandboxId: string): LocalLayout {
  const folder = path.join(rootFolder, sandboxId);
  const dataPath = path.join(folder, 'data');
  return {
    folder,
    recordFile: path.join(folder, 'sandbox.json'),
    homePath: path.join(folder, 'home'),
    dataPath,
    temporaryPath: path.join(folder, 'tmp'),
    checkoutPath: path.join(folder, 'checkout'),
    serverLogPath: path.join(dataPath, 'sandbox-agent', 'logs'),
    serverOutputFile: path.join(folder, 'server-output.log'),
    demoAgentLauncher: path.join(dataPath, 'sandbox-agent/bin/agent_processes/mock-acp'),
  };
}

/** Null when there is no record; a damaged one is an error, because its process may still run. */
export async function readRecord(file: string): Promise<LocalRecord | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new SandboxError('protocol', `The sandbox's record ${file} is damaged.`, { cause: error });
  }
  const parsed = localRecordSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new SandboxError('protocol', `The sandbox's record ${file} is damaged.`, {
    providerMessage: z.prettifyError(parsed.error),
  });
}

/** Replaces the record so that a crash leaves the old or the new one, never half of it. */
export async function writeRecord(file: string, record: LocalRecord): Promise<void> {
  const partial = `${file}.new`;
  const handle = await open(partial, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(record));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, file);
}

const deletingFolder = '.deleting';

/** Removes a sandbox's folder: out of sight first, so that no half of one is ever found. */
export async function removeFolder(rootFolder: string, sandboxId: string): Promise<void> {
  const grave = path.join(rootFolder, deletingFolder);
  await mkdir(grave, { recursive: true, mode: 0o700 });
  const target = path.join(grave, `${sandboxId}.${process.pid}.${Date.now()}`);
  try {
    await rename(path.join(rootFolder, sandboxId), target);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
  // Also what an interrupted removal left behind.
  for (const name of await readdir(grave)) {
    if (name.startsWith(`${sandboxId}.`)) {
      await rm(path.join(grave, name), { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

/** Ids of the sandboxes below a root, complete or not. */
export async function listSandboxIds(rootFolder: string): Promise<string[]> {
  try {
    const entries = await readdir(rootFolder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && /^[\w-]+$/.test(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
