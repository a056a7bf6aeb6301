import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sandboxIdSchema } from '@foundry/shared/ids';
import { SandboxAgentClient } from '../sandbox-agent-client.ts';
import { SandboxError, toSandboxError } from '../sandbox-error.ts';
import {
  findProcessesByEnvironment,
  isProcessAlive,
  isProcessFrozen,
  readProcessStart,
  signalProcess,
  waitForExit,
} from './local-process.ts';
import type { ProcessIdentity } from './local-process.ts';
import { ensureExecutable } from './local-programs.ts';
import type { LocalSandboxPrograms } from './local-programs.ts';
import { layoutOf, listSandboxIds, readRecord, removeFolder, writeRecord } from './local-record.ts';
import type { LocalLayout, LocalRecord } from './local-record.ts';
import type {
  ProviderCallOptions,
  SandboxEndpoint,
  SandboxIdentity,
  SandboxInspection,
  SandboxProvider,
} from './provider.ts';

export const localProviderId = 'local';

export interface LocalSandboxProviderOptions {
  /** Absolute; each sandbox is a folder in it. */
  rootFolder: string;
  programs: LocalSandboxPrograms;
  /** PATH inside the sandboxes; the folder of Node comes before it. */
  searchPath: string;
  startTimeoutMs?: number;
}

const stopTimeoutMs = 3_000;
const startAttempts = 3;
const longestTurnMs = 24 * 60 * 60 * 1_000;
const markerName = 'FOUNDRY_LOCAL_SANDBOX';

/**
 * Sandboxes as processes of this machine: one sandbox-agent server each, with its own token, port,
 * HOME and folders. They are kept apart from each other and from Foundry's secrets by environment
 * and folder, not by the operating system: an agent runs with the rights of the backend's user.
 * The processes outlive the backend; all that is known of them stands in their folder.
 */
export class LocalSandboxProvider implements SandboxProvider {
  readonly providerId = localProviderId;
  readonly #options: LocalSandboxProviderOptions;
  /** The last call of each sandbox: calls that change one sandbox run one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: LocalSandboxProviderOptions) {
    this.#options = options;
  }

  create(sandboxId: string, options: ProviderCallOptions = {}): Promise<SandboxIdentity> {
    return this.#exclusively(sandboxId, 'The sandbox could not be created.', async (layout) => {
      options.onPhase?.({ phase: 'creating_sandbox', message: 'Laying out the sandbox folder' });
      const record = await this.#install(sandboxId, layout);
      return this.#start(layout, record, options);
    });
  }

  start(sandboxId: string, options: ProviderCallOptions = {}): Promise<SandboxIdentity> {
    return this.#exclusively(sandboxId, 'The sandbox could not be started.', async (layout) => {
      // The launcher is written again: this backend's programs may live elsewhere than the last one's.
      await requireRecord(layout, sandboxId);
      return this.#start(layout, await this.#install(sandboxId, layout), options);
    });
  }

  pause(sandboxId: string): Promise<void> {
    return this.#exclusively(sandboxId, 'The sandbox could not be paused.', async (layout) => {
      const record = await requireRecord(layout, sandboxId);
      if (!record.process || !(await isProcessAlive(record.process))) {
        throw new SandboxError('not_running', 'A stopped sandbox cannot be paused.');
      }
      await this.#signalAll(layout, record.process, 'SIGSTOP');
    });
  }

  resume(sandboxId: string, options: ProviderCallOptions = {}): Promise<SandboxIdentity> {
    return this.start(sandboxId, options);
  }

  stop(sandboxId: string): Promise<void> {
    return this.#exclusively(sandboxId, 'The sandbox could not be stopped.', async (layout) => {
      const record = await requireRecord(layout, sandboxId);
      await this.#endProcesses(layout, record);
      await writeRecord(layout.recordFile, { ...record, process: null });
    });
  }

  destroy(sandboxId: string): Promise<void> {
    return this.#exclusively(sandboxId, 'The sandbox could not be removed.', async (layout) => {
      await this.#endProcesses(layout, await readRecord(layout.recordFile));
      await removeFolder(this.#options.rootFolder, sandboxId);
    });
  }

  async inspect(sandboxId: string): Promise<SandboxInspection> {
    const layout = this.#layout(sandboxId);
    const record = await readRecord(layout.recordFile);
    if (!record) return { sandboxId, identity: null, state: 'gone', message: null };
    const base = { sandboxId, identity: record.installed ? record.identity : null };
    if (!record.process || !(await isProcessAlive(record.process))) {
      const message = record.process ? 'Its server process has ended.' : null;
      return { ...base, state: 'stopped', message };
    }
    if (await isProcessFrozen(record.process.pid)) {
      return { ...base, state: 'paused', message: null };
    }
    try {
      await new SandboxAgentClient(endpointOf(record)).health();
      return { ...base, state: 'running', message: null };
    } catch (error) {
      const problem = toSandboxError(error, 'unreachable', 'The sandbox does not answer.');
      return { ...base, state: 'unhealthy', message: problem.providerMessage ?? problem.message };
    }
  }

  async list(): Promise<SandboxInspection[]> {
    const ids = await listSandboxIds(this.#options.rootFolder);
    const inspections: SandboxInspection[] = [];
    // One after the other: each is two small reads and one request to loopback.
    for (const id of ids) inspections.push(await this.inspect(id));
    return inspections.filter(({ state }) => state !== 'gone');
  }

  async endpoint(sandboxId: string): Promise<SandboxEndpoint> {
    const record = await requireRecord(this.#layout(sandboxId), sandboxId);
    if (!record.process || !(await isProcessAlive(record.process))) {
      throw new SandboxError('not_running', 'The sandbox is stopped.');
    }
    return endpointOf(record);
  }

  #layout(sandboxId: string): LocalLayout {
    // The id becomes a folder's name.
    const parsed = sandboxIdSchema.safeParse(sandboxId);
    if (!parsed.success) throw new SandboxError('invalid_request', 'This is not a sandbox id.');
    return layoutOf(this.#options.rootFolder, parsed.data);
  }

  async #exclusively<T>(
    sandboxId: string,
    failureMessage: string,
    work: (layout: LocalLayout) => Promise<T>,
  ): Promise<T> {
    const layout = this.#layout(sandboxId);
    const before = this.#turns.get(sandboxId) ?? Promise.resolve();
    // The failure of the call before belongs to its own caller.
    const turn = before.then(
      () => work(layout),
      () => work(layout),
    );
    this.#turns.set(sandboxId, turn);
    try {
      return await turn;
    } catch (error) {
      throw toSandboxError(error, 'provider_unavailable', failureMessage);
    } finally {
      if (this.#turns.get(sandboxId) === turn) this.#turns.delete(sandboxId);
    }
  }

  /** Lays out the folder; what an interrupted call left is completed and the token kept. */
  async #install(sandboxId: string, layout: LocalLayout): Promise<LocalRecord> {
    await mkdir(layout.folder, { recursive: true, mode: 0o700 });
    const known = await readRecord(layout.recordFile);
    const record: LocalRecord = known ?? {
      identity: {
        providerId: localProviderId,
        sandboxId,
        providerReference: null,
        homePath: layout.homePath,
        checkoutPath: layout.checkoutPath,
        serverLogPath: layout.serverLogPath,
        createdAtMs: Date.now(),
      },
      installed: false,
      token: randomBytes(32).toString('hex'),
      port: null,
      process: null,
    };
    if (!known) await writeRecord(layout.recordFile, record);
    for (const folder of [
      layout.homePath,
      layout.temporaryPath,
      layout.checkoutPath,
      path.dirname(layout.demoAgentLauncher),
    ]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    }
    await this.#writeLauncher(layout);
    const installed = { ...record, installed: true };
    if (!record.installed) await writeRecord(layout.recordFile, installed);
    return installed;
  }

  /**
   * sandbox-agent starts whatever stands at the place of its `mock` agent's launcher: there goes
   * the demo agent.
   */
  async #writeLauncher(layout: LocalLayout): Promise<void> {
    const { node, demoAgent } = this.#options.programs;
    const script = `#!/bin/sh\nexec ${shellQuote(node)} ${shellQuote(demoAgent)}\n`;
    const partial = `${layout.demoAgentLauncher}.new`;
    await writeFile(partial, script);
    await chmod(partial, 0o755);
    await rename(partial, layout.demoAgentLauncher);
  }

  async #start(
    layout: LocalLayout,
    known: LocalRecord,
    options: ProviderCallOptions,
  ): Promise<SandboxIdentity> {
    let record = known;
    options.onPhase?.({ phase: 'starting_sandbox_agent', message: 'Starting sandbox-agent' });
    if (record.process && (await isProcessAlive(record.process))) {
      await this.#signalAll(layout, record.process, 'SIGCONT');
      if (await this.#becomesHealthy(record, record.process, options.signal)) return record.identity;
    }
    // Also what a start left that was interrupted before it could write its process down.
    await this.#endProcesses(layout, record);
    let words = '';
    for (let attempt = 1; attempt <= startAttempts; attempt += 1) {
      options.signal?.throwIfAborted();
      record = { ...record, port: await findFreePort(), process: null };
      await writeRecord(layout.recordFile, record);
      record = { ...record, process: await this.#spawnServer(layout, record) };
      await writeRecord(layout.recordFile, record);
      if (record.process && (await this.#becomesHealthy(record, record.process, options.signal))) {
        return record.identity;
      }
      await this.#endProcesses(layout, record);
      words = (await readFile(layout.serverOutputFile, 'utf8')).trim().slice(-2_000);
      // Somebody else may have taken the free port in between: only that is worth another try.
      if (!/address (?:already )?in use/i.test(words)) break;
    }
    await writeRecord(layout.recordFile, { ...record, process: null });
    throw new SandboxError('start_failed', 'The sandbox-agent server did not start.', {
      providerMessage: words === '' ? 'It ended, or stayed silent, without a word.' : words,
    });
  }

  async #spawnServer(layout: LocalLayout, record: LocalRecord): Promise<ProcessIdentity | null> {
    const { programs, rootFolder } = this.#options;
    const binary = await ensureExecutable(programs.sandboxAgent, path.join(rootFolder, '.bin')).catch(
      (error: unknown) => {
        throw toSandboxError(error, 'start_failed', 'The sandbox-agent program cannot be used.');
      },
    );
    const output = await open(layout.serverOutputFile, 'w', 0o600);
    try {
      // The server takes its token as an argument only, so an agent can read it from the process
      // list. It opens nothing but the sandbox that this agent lives in anyway.
      const child = spawn(
        binary,
        `server --no-telemetry --host 127.0.0.1 --port ${String(record.port)} --token ${record.token}`.split(
          ' ',
        ),
        {
          cwd: layout.checkoutPath,
          env: this.#environment(layout),
          detached: true,
          stdio: ['ignore', output.fd, output.fd],
        },
      );
      const failure = new Promise<never>((_, reject) => {
        child.once('error', (error) =>
          reject(toSandboxError(error, 'start_failed', 'The sandbox-agent server did not start.')),
        );
      });
      const spawned = new Promise<void>((resolve) => {
        child.once('spawn', resolve);
      });
      await Promise.race([spawned, failure]);
      child.unref();
      if (child.pid === undefined) return null;
      const startedAt = await readProcessStart(child.pid);
      return startedAt === null ? null : { pid: child.pid, startedAt };
    } finally {
      await output.close();
    }
  }

  /** The whole environment of a sandbox: named one by one, so that nothing of Foundry's gets in. */
  #environment(layout: LocalLayout): Record<string, string> {
    const { programs, searchPath } = this.#options;
    return {
      PATH: `${path.dirname(programs.node)}${path.delimiter}${searchPath}`,
      HOME: layout.homePath,
      XDG_DATA_HOME: layout.dataPath,
      TMPDIR: layout.temporaryPath,
      LANG: 'C.UTF-8',
      // The server's log names the prompts it passed on, where the ACP client looks for them. Only
      // that: a line for every request would fill the disk over the weeks.
      RUST_LOG: 'warn,acp_http_adapter=info',
      // The server forgets a prompt's request after 120 s by itself and then leaves its connection
      // hanging for good; turns take longer than that.
      SANDBOX_AGENT_ACP_REQUEST_TIMEOUT_MS: String(longestTurnMs),
      GIT_TERMINAL_PROMPT: '0',
      // A credential helper of the machine would keep the token of a task's former owner.
      GIT_CONFIG_NOSYSTEM: '1',
      [markerName]: layout.folder,
    };
  }

  async #becomesHealthy(
    record: LocalRecord,
    process: ProcessIdentity,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const client = new SandboxAgentClient(endpointOf(record));
    const deadline = Date.now() + (this.#options.startTimeoutMs ?? 15_000);
    while (Date.now() < deadline) {
      if (signal?.aborted) throw new SandboxError('cancelled', 'Starting was cancelled.');
      if (!(await isProcessAlive(process))) return false;
      const healthy = await client.health(1_000).then(
        () => true,
        () => false,
      );
      if (healthy) return true;
      await sleep(20);
    }
    return false;
  }

  /** Ends the server, its group, and whatever carries this sandbox's mark. Only those. */
  async #endProcesses(layout: LocalLayout, record: LocalRecord | null): Promise<void> {
    const server = record?.process;
    if (server && (await isProcessAlive(server))) {
      signalProcess(-server.pid, 'SIGTERM');
      signalProcess(-server.pid, 'SIGCONT');
      await waitForExit(server, stopTimeoutMs);
      if (await isProcessAlive(server)) signalProcess(-server.pid, 'SIGKILL');
    }
    const deadline = Date.now() + stopTimeoutMs;
    for (;;) {
      const left = await findProcessesByEnvironment(`${markerName}=${layout.folder}`);
      for (const pid of left) signalProcess(pid, 'SIGKILL');
      if (left.length === 0) return;
      if (Date.now() > deadline) {
        throw new SandboxError('provider_unavailable', 'Processes of the sandbox do not end.', {
          providerMessage: `still running: ${left.join(', ')}`,
        });
      }
      await sleep(20);
    }
  }

  async #signalAll(
    layout: LocalLayout,
    server: ProcessIdentity,
    signal: 'SIGSTOP' | 'SIGCONT',
  ): Promise<void> {
    signalProcess(-server.pid, signal);
    for (const pid of await findProcessesByEnvironment(`${markerName}=${layout.folder}`)) {
      signalProcess(pid, signal);
    }
  }
}

async function requireRecord(layout: LocalLayout, sandboxId: string): Promise<LocalRecord> {
  const record = await readRecord(layout.recordFile);
  if (record) return record;
  throw new SandboxError('not_found', `There is no sandbox ${sandboxId}.`);
}

function endpointOf(record: LocalRecord): SandboxEndpoint {
  if (record.port === null) throw new SandboxError('not_running', 'The sandbox is stopped.');
  return { baseUrl: `http://127.0.0.1:${record.port}`, token: record.token };
}

async function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new SandboxError('provider_unavailable', 'The system gave no free port.'));
      });
    });
  });
}

function shellQuote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
