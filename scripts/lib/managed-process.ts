import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  endProcess,
  identifyProcess,
  isAlive,
  signalProcess,
  type ProcessIdentity,
} from '../../packages/backend/src/engine/process-identity.ts';

const maxLogSizeBytes = 10 * 1024 * 1024;
const restartDelaysMs = [0, 250, 500, 1_000, 2_000, 5_000] as const;
/** A process that lived this long counts as healthy: its next restart is immediate again. */
const healthyAfterMs = 10_000;
/** Between SIGTERM and SIGKILL of one that did not become ready. */
const unreadyGraceMs = 5_000;

/** A part of the stack ended, or did not become ready. The message carries its last log lines. */
export class ProcessFailedError extends Error {
  override readonly name = 'ProcessFailedError';
}

export interface ManagedProcessOptions {
  readonly name: string;
  /** Script that Node runs, with its arguments. */
  readonly script: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly logFile: string;
  /** Asked again and again with what the process has written so far. */
  readonly isReady: (output: string) => Promise<boolean>;
  readonly readyTimeoutMs: number;
  /** Restart it, with growing delays, when it ends without having been told to. */
  readonly autoRestart: boolean;
  readonly say: (line: string) => void;
  /** Called with the new process each time one was started. */
  readonly onStarted?: (identity: ProcessIdentity) => void;
}

/** A Node process of the stack: started, waited for, restarted when it dies, stopped. Its output goes to a file. */
export class ManagedProcess {
  readonly #options: ManagedProcessOptions;
  #identity: ProcessIdentity | undefined;
  #gone: Promise<string> = Promise.resolve('never started');
  /** False while an end of the process is expected. */
  #wanted = false;
  #watching: Promise<void> = Promise.resolve();
  /** Where in the log file the present process begins. */
  #logStartBytes = 0;

  constructor(options: ManagedProcessOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Process id; undefined while it is down. */
  pid(): number | undefined {
    return this.#identity?.pid;
  }

  /** Starts it and resolves when it is ready. @throws ProcessFailedError */
  async start(): Promise<void> {
    this.#wanted = true;
    await this.#launch();
    if (this.#options.autoRestart) this.#watching = this.#watch();
  }

  /**
   * Sends a signal, and resolves when the process is gone. It stays down until `restart()`.
   * @returns false when it was down already.
   */
  async kill(signal: NodeJS.Signals): Promise<boolean> {
    this.#wanted = false;
    const identity = this.#identity;
    if (identity === undefined) return false;
    const sent = await signalProcess(identity, signal);
    await this.#gone;
    await this.#watching;
    return sent;
  }

  /** Stops it if it runs (SIGTERM), starts it again and resolves when it is ready. */
  async restart(): Promise<void> {
    await this.kill('SIGTERM');
    await this.start();
  }

  /** Ends it: SIGTERM, and SIGKILL once `graceMs` is over. */
  async stop(graceMs: number): Promise<void> {
    this.#wanted = false;
    await this.#end(graceMs);
    await this.#watching;
  }

  /** The last lines that the present process wrote, for messages about its end. */
  lastWords(lineCount = 15): string {
    const lines = this.#output().trimEnd().split('\n');
    return lines
      .slice(-lineCount)
      .map((line) => `    ${readableLogLine(line)}`)
      .join('\n');
  }

  /** What the present process has written so far. */
  #output(): string {
    try {
      return readFileSync(this.#options.logFile).subarray(this.#logStartBytes).toString('utf8');
    } catch {
      // No file: it never came so far as to write one.
      return '';
    }
  }

  async #launch(): Promise<void> {
    const { name, readyTimeoutMs, isReady } = this.#options;
    await this.#spawn();
    const deadline = Date.now() + readyTimeoutMs;
    for (;;) {
      const ready = await isReady(this.#output());
      // Asked after that: another program on the same port may have answered.
      const alive = await this.#isAlive();
      if (ready && alive) return;
      if (!alive) {
        throw new ProcessFailedError(
          `${name} ended (${await this.#gone}). Its last words:\n${this.lastWords()}`,
        );
      }
      if (Date.now() >= deadline) {
        const words = this.lastWords();
        await this.#end(unreadyGraceMs);
        throw new ProcessFailedError(
          `${name} was not ready within ${readyTimeoutMs / 1000} s. Its last words:\n${words}`,
        );
      }
      await sleep(25);
    }
  }

  async #isAlive(): Promise<boolean> {
    return this.#identity !== undefined && (await isAlive(this.#identity));
  }

  async #end(graceMs: number): Promise<void> {
    if (this.#identity === undefined) return;
    await endProcess(this.#identity, graceMs);
    // Dead it is; our own record of it follows with the event.
    await this.#gone;
  }

  async #spawn(): Promise<void> {
    const { script, args, environment, workingDir, logFile } = this.#options;
    mkdirSync(dirname(logFile), { recursive: true });
    if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > maxLogSizeBytes) {
      renameSync(logFile, `${logFile}.1`);
    }
    // A file and not a pipe: a part that outlives a killed parent must not die of writing to nobody.
    const log = openSync(logFile, 'a', 0o600);
    this.#logStartBytes = fstatSync(log).size;
    try {
      const child = spawn(process.execPath, [script, ...args], {
        cwd: workingDir,
        env: { ...process.env, ...environment },
        stdio: ['ignore', log, log],
        // Ctrl-C in a terminal signals the whole process group. The parts are stopped in order instead.
        detached: true,
      });
      this.#gone = new Promise((resolve) => {
        child.once('exit', (code, signal) => {
          this.#identity = undefined;
          resolve(signal ?? `exit code ${code}`);
        });
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      this.#identity = child.pid === undefined ? undefined : await identifyProcess(child.pid);
      if (this.#identity !== undefined) this.#options.onStarted?.(this.#identity);
    } finally {
      closeSync(log);
    }
  }

  /** Restarts the process whenever it ends unasked. Never rejects. */
  async #watch(): Promise<void> {
    const { name, say } = this.#options;
    let failures = 0;
    for (;;) {
      const since = Date.now();
      const how = await this.#gone;
      if (!this.#wanted) return;
      failures = Date.now() - since > healthyAfterMs ? 1 : failures + 1;
      const delayMs = restartDelaysMs[Math.min(failures, restartDelaysMs.length) - 1] ?? 0;
      say(
        `${name} died (${how}); restarting it${delayMs > 0 ? ` in ${delayMs / 1000} s` : ''}. Its last words:`,
      );
      say(this.lastWords());
      await sleep(delayMs);
      if (!this.#wanted) return;
      try {
        await this.#launch();
        say(`${name} is back`);
      } catch (error) {
        say(error instanceof Error ? error.message : String(error));
      }
    }
  }
}

const maxLineLength = 400;

/** Log lines are for machines; people get level and message, without stack traces. */
function readableLogLine(line: string): string {
  if (line.startsWith('{')) {
    try {
      const entry: unknown = JSON.parse(line);
      if (typeof entry === 'object' && entry !== null && 'msg' in entry && 'level' in entry) {
        return `${String(entry.level)}: ${String(entry.msg)}`.slice(0, maxLineLength);
      }
    } catch {
      // Cut off or not JSON after all: it is shown as it is.
    }
  }
  return line.replace(/(\\n)*Stack backtrace:.*/, '').slice(0, maxLineLength);
}
