import { z } from 'zod';
import { SandboxError, isSandboxError, saysDiskFull } from './sandbox-error.ts';
import type { SandboxErrorCode } from './sandbox-error.ts';
import type { SandboxEndpoint } from './providers/provider.ts';

const defaultTimeoutMs = 10_000;

const problemSchema = z.object({
  type: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().nullish(),
});

const runProcessResultSchema = z.object({
  exitCode: z.number().int().nullish(),
  stdout: z.string(),
  stderr: z.string(),
  stdoutTruncated: z.boolean(),
  stderrTruncated: z.boolean(),
  timedOut: z.boolean(),
  durationMs: z.number(),
});
export type RunProcessResult = z.infer<typeof runProcessResultSchema>;

const processSchema = z.object({
  id: z.string(),
  command: z.string(),
  args: z.array(z.string()),
  cwd: z.string().nullish(),
  status: z.enum(['running', 'exited']),
  pid: z.number().int().nullish(),
  exitCode: z.number().int().nullish(),
  createdAtMs: z.number(),
  exitedAtMs: z.number().nullish(),
  tty: z.boolean(),
  interactive: z.boolean(),
});
export type SandboxProcess = z.infer<typeof processSchema>;

const fileEntrySchema = z.object({
  name: z.string(),
  path: z.string(),
  entryType: z.enum(['file', 'directory']),
  size: z.number(),
});
export type SandboxFileEntry = z.infer<typeof fileEntrySchema>;
const fileStatSchema = fileEntrySchema.omit({ name: true });

const agentSchema = z.object({
  id: z.string(),
  installed: z.boolean(),
  credentialsAvailable: z.boolean(),
  version: z.string().nullish(),
});
export type SandboxAgentInfo = z.infer<typeof agentSchema>;

const acpServerSchema = z.object({
  serverId: z.string(),
  agent: z.string(),
  createdAtMs: z.number(),
});
export type AcpServerInfo = z.infer<typeof acpServerSchema>;

/**
 * The part of the sandbox-agent server's HTTP API that Foundry uses; replies are parsed. Every
 * call has a timeout and fails with a SandboxError.
 */
export class SandboxAgentClient {
  readonly endpoint: SandboxEndpoint;

  constructor(endpoint: SandboxEndpoint) {
    this.endpoint = endpoint;
  }

  /** Whether the server answers and knows our token. Throws when not. */
  async health(timeoutMs = 2_000): Promise<void> {
    await this.#json('GET', '/v1/health', z.object({ status: z.string() }), { timeoutMs });
  }

  /**
   * Runs a program to its end. The server allows 64 at once (`busy` past that), 300 s, and 1 MiB of
   * output for each stream. On its own timeout the server kills the direct child only: use
   * executeInSandbox, which takes care of that.
   */
  async runProcess(
    request: {
      command: string;
      args?: readonly string[];
      cwd?: string;
      env?: Record<string, string>;
      timeoutMs: number;
      maxOutputBytes?: number;
    },
    signal?: AbortSignal,
  ): Promise<RunProcessResult> {
    return this.#json('POST', '/v1/processes/run', runProcessResultSchema, {
      body: JSON.stringify(request),
      contentType: 'application/json',
      timeoutMs: request.timeoutMs + 5_000,
      signal,
    });
  }

  async listProcesses(): Promise<SandboxProcess[]> {
    const schema = z.object({ processes: z.array(processSchema) });
    return (await this.#json('GET', '/v1/processes', schema)).processes;
  }

  /** Paths of files are absolute: the server takes relative ones from the sandbox's HOME. */
  async readFile(path: string): Promise<Uint8Array> {
    const response = await this.request('GET', `/v1/fs/file?${query({ path })}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  async writeFile(path: string, content: Uint8Array<ArrayBuffer> | string): Promise<void> {
    await this.request('PUT', `/v1/fs/file?${query({ path })}`, {
      body: content,
      contentType: 'application/octet-stream',
    });
  }

  /** Unpacks a tar archive into a folder; the modes of its entries are kept. */
  async uploadTar(folder: string, archive: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.request('POST', `/v1/fs/upload-batch?${query({ path: folder })}`, {
      body: archive,
      contentType: 'application/x-tar',
    });
  }

  /** Deletes a file or folder; one that is not there is fine. */
  async deleteEntry(path: string, options: { recursive?: boolean } = {}): Promise<void> {
    const recursive = String(options.recursive ?? false);
    try {
      await this.request('DELETE', `/v1/fs/entry?${query({ path, recursive })}`);
    } catch (error) {
      if (!isSandboxError(error, 'not_found')) throw error;
    }
  }

  /** Null when there is nothing at that path. */
  async stat(path: string): Promise<z.infer<typeof fileStatSchema> | null> {
    try {
      return await this.#json('GET', `/v1/fs/stat?${query({ path })}`, fileStatSchema);
    } catch (error) {
      if (isSandboxError(error, 'not_found')) return null;
      throw error;
    }
  }

  async listFolder(path: string): Promise<SandboxFileEntry[]> {
    return this.#json('GET', `/v1/fs/entries?${query({ path })}`, z.array(fileEntrySchema));
  }

  async listAgents(): Promise<SandboxAgentInfo[]> {
    const schema = z.object({ agents: z.array(agentSchema) });
    return (await this.#json('GET', '/v1/agents', schema)).agents;
  }

  /** The agent connections the server holds, also those whose agent has died. */
  async listAcpServers(): Promise<AcpServerInfo[]> {
    const schema = z.object({ servers: z.array(acpServerSchema) });
    return (await this.#json('GET', '/v1/acp', schema)).servers;
  }

  /** One authorised request; an answer that is not 2xx becomes a SandboxError. */
  async request(
    method: string,
    path: string,
    options: {
      body?: string | Uint8Array<ArrayBuffer>;
      contentType?: string;
      accept?: string;
      timeoutMs?: number;
      signal?: AbortSignal | undefined;
      headers?: Record<string, string>;
    } = {},
  ): Promise<Response> {
    const timeout = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    const response = await this.#send(method, path, { ...options, signal }, timeout);
    if (!response.ok) throw await errorOf(response, `${method} ${path.replace(/\?.*/, '')}`);
    return response;
  }

  /** Opens an event stream; the caller's signal ends it, there is no overall timeout. */
  async openStream(
    path: string,
    options: { headers?: Record<string, string>; signal: AbortSignal },
  ): Promise<ReadableStream<Uint8Array>> {
    const accept = 'text/event-stream';
    const response = await this.#send('GET', path, { ...options, accept }, undefined);
    if (!response.ok) throw await errorOf(response, `GET ${path}`);
    if (!response.body) throw new SandboxError('protocol', 'The event stream has no body.');
    return response.body;
  }

  async #send(
    method: string,
    path: string,
    options: {
      body?: string | Uint8Array<ArrayBuffer>;
      contentType?: string;
      accept?: string;
      signal: AbortSignal;
      headers?: Record<string, string>;
    },
    timeout: AbortSignal | undefined,
  ): Promise<Response> {
    try {
      return await fetch(`${this.endpoint.baseUrl}${path}`, {
        method,
        headers: {
          ...options.headers,
          authorization: `Bearer ${this.endpoint.token}`,
          ...(options.accept === undefined ? {} : { accept: options.accept }),
          ...(options.contentType === undefined ? {} : { 'content-type': options.contentType }),
        },
        signal: options.signal,
        ...(options.body === undefined ? {} : { body: options.body }),
      });
    } catch (error) {
      throw connectionError(error, timeout, options.signal, `${method} ${path.replace(/\?.*/, '')}`);
    }
  }

  async #json<T>(
    method: string,
    path: string,
    schema: z.ZodType<T>,
    options: Parameters<SandboxAgentClient['request']>[2] = {},
  ): Promise<T> {
    const response = await this.request(method, path, { accept: 'application/json', ...options });
    let body: unknown;
    try {
      body = await response.json();
    } catch (error) {
      throw connectionError(error, undefined, options.signal, `${method} ${path}`);
    }
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new SandboxError('protocol', `sandbox-agent answered ${path} in an unknown form.`, {
      providerMessage: z.prettifyError(parsed.error),
    });
  }
}

function query(parameters: Record<string, string>): string {
  return new URLSearchParams(parameters).toString();
}

function connectionError(
  error: unknown,
  timeout: AbortSignal | undefined,
  signal: AbortSignal | undefined,
  what: string,
): SandboxError {
  if (timeout?.aborted) {
    return new SandboxError('timeout', `sandbox-agent did not answer ${what} in time.`);
  }
  if (signal?.aborted) return new SandboxError('cancelled', `${what} was cancelled.`);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new SandboxError('unreachable', 'The sandbox cannot be reached.', {
    providerMessage: cause instanceof Error ? cause.message : String(cause),
    cause: error,
  });
}

async function errorOf(response: Response, what: string): Promise<SandboxError> {
  const text = await response.text();
  let words = text.slice(0, 2_000);
  try {
    const problem = problemSchema.safeParse(JSON.parse(text));
    if (problem.success) words = problem.data.detail ?? problem.data.title ?? words;
  } catch (error) {
    // Not JSON: its text as it is are the server's words.
    if (!(error instanceof SyntaxError)) throw error;
  }
  const code = saysDiskFull(words) ? 'disk_full' : codeOfStatus(response.status, words);
  const message = `sandbox-agent refused ${what} (${response.status}).`;
  return new SandboxError(code, message, { providerMessage: words });
}

function codeOfStatus(status: number, words: string): SandboxErrorCode {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404) return 'not_found';
  if (/path not found/i.test(words)) return 'not_found';
  if (status === 409 || status === 429) return 'busy';
  if (status === 413) return 'too_large';
  if (status === 408 || status === 504) return 'timeout';
  if (/agent stdin|agent process/i.test(words)) return 'agent_crashed';
  if (status >= 500) return 'command_failed';
  return 'invalid_request';
}
