import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentModel } from '@foundry/shared/entities';
import { z } from 'zod';
import {
  acpMessageSchema,
  describeRpcError,
  promptRequestId,
  readAgentExit,
  readPromptEnd,
} from './acp-messages.ts';
import type { AcpEvent, AcpMessage } from './acp-messages.ts';
import { readModels } from './acp-models.ts';
import { readAcpStream } from './acp-stream.ts';
import type { AcpStreamOptions } from './acp-stream.ts';
import { executeInSandbox } from './execute-in-sandbox.ts';
import type { SandboxTarget } from './execute-in-sandbox.ts';
import { SandboxError, isSandboxError, toSandboxError } from './sandbox-error.ts';

export interface AcpClientOptions {
  target: SandboxTarget;
  /** Our name for the connection; one agent process belongs to it. */
  serverId: string;
  /** sandbox-agent's id of the agent: `mock` is the demo agent. */
  agent: string;
  /** The server's log folder, where prompts that it passed on are found; null if unknown. */
  serverLogPath: string | null;
  requestTimeoutMs?: number;
  /** Told when a prompt's request failed after sendPrompt had returned. */
  onPromptFailure?: (failure: { messageId: string; error: SandboxError }) => void;
}

export interface OpenedSession {
  /** The agent's own id of the session: store it, it is what `session/load` needs. */
  agentSessionId: string;
  /**
   * `attached`: the agent was still there and nothing was sent; `loaded`: a new agent process took
   * the session up again; `created`: a new session (also when the old one could not be loaded).
   */
  how: 'attached' | 'loaded' | 'created';
  /**
   * Read the stream from here: what comes before is the repetition of the old conversation. Null
   * when attached: go on from where you were.
   */
  lastEventId: number | null;
  models: AgentModel[];
  currentModelId: string | null;
  /** The option that chooses the model; null: the agent has `session/set_model`. */
  modelConfigId: string | null;
}

export type PromptStatus =
  | { state: 'finished'; eventId: number }
  /** The agent has it and works. */
  | { state: 'taken' }
  /** It never reached the agent: send it. */
  | { state: 'not_taken' }
  /** The agent's process ended since. */
  | { state: 'agent_exited'; message: string }
  /** The server does not know the connection: open the session anew. */
  | { state: 'connection_lost' };

const loadResultSchema = z.object({ configOptions: z.unknown(), models: z.unknown() }).partial();
const newResultSchema = loadResultSchema.extend({ sessionId: z.string() });
const initializeResultSchema = z.object({
  agentCapabilities: z.object({ loadSession: z.boolean().optional() }).nullish(),
});

const defaultRequestTimeoutMs = 30_000;
const closeTimeoutMs = 2_000;
/** A request that the server refuses is refused within a few ms; then it has been passed on. */
const promptGraceMs = 150;
/** The server sends what it holds at once: after so much silence the reader has caught up. */
const firstEventTimeoutMs = 1_000;
const catchUpSilenceMs = 100;
const catchUpTimeoutMs = 500;

/**
 * ACP with an agent through the sandbox-agent server, over plain HTTP. It holds no state that
 * matters: another object with the same serverId goes on where this one was, also in mid-turn and
 * in another process.
 */
export class AcpClient {
  readonly #options: AcpClientOptions;
  readonly #path: string;

  constructor(options: AcpClientOptions) {
    this.#options = options;
    this.#path = `/v1/acp/${encodeURIComponent(options.serverId)}`;
  }

  /**
   * Makes sure that an agent runs and has the session. With `agentSessionId` it attaches to a live
   * agent, or starts one and loads the session; without, or when that fails, it makes a new one.
   */
  async openSession(request: {
    cwd: string;
    agentSessionId: string | null;
    signal?: AbortSignal;
  }): Promise<OpenedSession> {
    const { agentSessionId, cwd, signal } = request;
    const isListed = await this.#isListed();
    if (isListed && agentSessionId !== null && (await this.isAgentAlive())) {
      return {
        agentSessionId,
        how: 'attached',
        lastEventId: null,
        models: [],
        currentModelId: null,
        modelConfigId: null,
      };
    }
    if (isListed) await this.close();
    const initialized = initializeResultSchema.safeParse((await this.#initialize(signal)).result);
    const canLoad = initialized.success && initialized.data.agentCapabilities?.loadSession === true;
    const place = { cwd, mcpServers: [] };
    if (agentSessionId !== null && canLoad) {
      const id = `load:${randomUUID()}`;
      const params = { ...place, sessionId: agentSessionId };
      const loaded = await this.#call(id, 'session/load', params, signal);
      if (!loaded.error) {
        const parsed = loadResultSchema.safeParse(loaded.result ?? {});
        return this.#opened('loaded', agentSessionId, id, parsed.success ? parsed.data : {});
      }
    }
    const id = `new:${randomUUID()}`;
    const created = await this.#call(id, 'session/new', place, signal);
    const parsed = newResultSchema.safeParse(requireResult(created, 'session/new'));
    if (!parsed.success) {
      throw new SandboxError('protocol', 'The agent made a session in an unknown form.', {
        providerMessage: z.prettifyError(parsed.error),
      });
    }
    return this.#opened('created', parsed.data.sessionId, id, parsed.data);
  }

  /** Whether the agent's process answers. An agent that is merely busy counts as alive. */
  async isAgentAlive(): Promise<boolean> {
    try {
      // Any answer will do, and "no such method" is the one without effects.
      await this.#call(`ping:${randomUUID()}`, '_foundry/ping', {}, undefined, 2_000);
      return true;
    } catch (error) {
      if (isSandboxError(error, 'timeout')) return true;
      if (isSandboxError(error, 'agent_crashed', 'not_found', 'invalid_request')) return false;
      throw error;
    }
  }

  /**
   * Hands a prompt to the agent and returns once it has been passed on; the turn's events, and its
   * end, come on the stream. Never call it twice for one message without asking promptStatus: the
   * agent would take it for a second prompt.
   */
  async sendPrompt(request: { agentSessionId: string; messageId: string; text: string }): Promise<void> {
    const { messageId } = request;
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: promptRequestId(messageId),
      method: 'session/prompt',
      params: {
        sessionId: request.agentSessionId,
        prompt: [{ type: 'text', text: request.text }],
      },
    });
    let returned = false;
    const answered = this.#postDetached(body);
    answered.catch((error: unknown) => {
      if (!returned) return;
      const problem = toSandboxError(error, 'unreachable', 'The connection to the turn was lost.');
      this.#options.onPromptFailure?.({ messageId, error: problem });
    });
    try {
      await Promise.race([answered, sleep(promptGraceMs)]);
    } finally {
      returned = true;
    }
  }

  /**
   * Whether the agent already took the prompt of a message, so that a repeated step does not send
   * it twice. `sinceEventId` is where the stream was before it was first sent.
   */
  async promptStatus(request: { messageId: string; sinceEventId: number }): Promise<PromptStatus> {
    let events: AcpEvent[];
    try {
      events = await this.#readAvailable(request.sinceEventId);
    } catch (error) {
      if (isSandboxError(error, 'not_found')) return { state: 'connection_lost' };
      throw error;
    }
    for (const { eventId, message } of events) {
      if (readPromptEnd(message, request.messageId)) return { state: 'finished', eventId };
    }
    for (const { message } of events) {
      const exit = readAgentExit(message);
      if (exit !== undefined) return { state: 'agent_exited', message: exit };
    }
    if (events.some(({ message }) => isTurnActivity(message))) return { state: 'taken' };
    return { state: (await this.#isPromptLogged(request.messageId)) ? 'taken' : 'not_taken' };
  }

  /** The agent's events; see readAcpStream. */
  events(options: AcpStreamOptions): AsyncGenerator<AcpEvent, void, undefined> {
    return readAcpStream(this.#options.target.client, this.#options.serverId, options);
  }

  /** Asks the agent to stop the running turn, which then ends with `cancelled`. */
  async cancel(agentSessionId: string): Promise<void> {
    const params = { sessionId: agentSessionId };
    await this.#post({ jsonrpc: '2.0', method: 'session/cancel', params }, { timeoutMs: 5_000 });
  }

  /**
   * Answers a permission request. `requestId` as the agent update has it; an `optionId` of null
   * says that nobody chose. A second answer to the same request is ignored by the agent.
   */
  async answerPermission(answer: { requestId: string; optionId: string | null }): Promise<void> {
    const id = z.union([z.string(), z.number()]).safeParse(JSON.parse(answer.requestId));
    if (!id.success) throw new SandboxError('invalid_request', 'This is no permission request.');
    const outcome =
      answer.optionId === null
        ? { outcome: 'cancelled' }
        : { outcome: 'selected', optionId: answer.optionId };
    await this.#post({ jsonrpc: '2.0', id: id.data, result: { outcome } }, { timeoutMs: 5_000 });
  }

  /** Chooses the model of the session's next turns; throws `invalid_request` with the agent's words. */
  async setModel(request: {
    agentSessionId: string;
    modelId: string;
    modelConfigId: string | null;
  }): Promise<void> {
    const { agentSessionId: sessionId, modelId, modelConfigId } = request;
    const id = `model:${randomUUID()}`;
    const answer =
      modelConfigId === null
        ? await this.#call(id, 'session/set_model', { sessionId, modelId })
        : await this.#call(id, 'session/set_config_option', {
            sessionId,
            configId: modelConfigId,
            value: modelId,
          });
    if (!answer.error) return;
    throw new SandboxError('invalid_request', `The agent does not take the model ${modelId}.`, {
      providerMessage: describeRpcError(answer.error),
    });
  }

  /**
   * Ends the connection and its agent. The server may drop the connection at once and yet never
   * answer: done is when it is no longer listed, at the latest after two seconds.
   */
  async close(): Promise<void> {
    const stop = new AbortController();
    const deleted = this.#options.target.client
      .request('DELETE', this.#path, { timeoutMs: closeTimeoutMs, signal: stop.signal })
      .then(
        () => undefined,
        (error: unknown) => {
          if (isSandboxError(error, 'cancelled', 'timeout', 'not_found')) return;
          throw error;
        },
      );
    const unlisted = (async () => {
      do {
        await sleep(50);
      } while (!stop.signal.aborted && (await this.#isListed()));
    })();
    try {
      await Promise.race([deleted, unlisted]);
    } finally {
      stop.abort();
      await Promise.allSettled([deleted, unlisted]);
    }
  }

  async #isListed(): Promise<boolean> {
    const servers = await this.#options.target.client.listAcpServers();
    return servers.some(({ serverId }) => serverId === this.#options.serverId);
  }

  async #initialize(signal: AbortSignal | undefined): Promise<AcpMessage> {
    const message = {
      jsonrpc: '2.0',
      id: `initialize:${randomUUID()}`,
      method: 'initialize',
      params: {
        protocolVersion: 1,
        clientInfo: { name: 'foundry', title: 'Foundry', version: '1' },
        // Agents work on the sandbox's files themselves; we serve none over ACP.
        clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
      },
    };
    const query = new URLSearchParams({ agent: this.#options.agent }).toString();
    try {
      const answer = await this.#post(message, { query, signal });
      requireResult(answer, 'initialize');
      return answer;
    } catch (error) {
      if (error instanceof SandboxError && error.code === 'protocol') throw error;
      const problem = toSandboxError(error, 'agent_unavailable', 'The agent did not start.');
      if (problem.retryable || problem.code === 'disk_full' || problem.code === 'cancelled') {
        throw problem;
      }
      throw new SandboxError('agent_unavailable', 'The agent could not be started.', {
        providerMessage: problem.providerMessage ?? problem.message,
        cause: error,
      });
    }
  }

  async #opened(
    how: 'loaded' | 'created',
    agentSessionId: string,
    requestId: string,
    result: { configOptions?: unknown; models?: unknown },
  ): Promise<OpenedSession> {
    const { models, currentModelId, configId } = readModels(result);
    const lastEventId = await this.#findAnswer(requestId);
    return { agentSessionId, how, lastEventId, models, currentModelId, modelConfigId: configId };
  }

  /** The place of an answer on the stream, where the server also puts it. */
  async #findAnswer(requestId: string): Promise<number> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), this.#timeoutMs);
    try {
      for await (const { eventId, message } of this.events({
        lastEventId: 0,
        signal: stop.signal,
      })) {
        if (message.id === requestId && message.method === undefined) return eventId;
      }
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
    throw new SandboxError('timeout', "The agent's answer did not come on the event stream.");
  }

  /**
   * The events after an id that the server holds now. Of a turn that goes on streaming only what
   * comes within half a second: it has said enough by then.
   */
  async #readAvailable(sinceEventId: number): Promise<AcpEvent[]> {
    const stop = new AbortController();
    const end = (): void => stop.abort();
    const found: AcpEvent[] = [];
    let silence = setTimeout(end, firstEventTimeoutMs);
    let whole: NodeJS.Timeout | undefined;
    try {
      const options = { lastEventId: sinceEventId, signal: stop.signal, reconnectTimeoutMs: 1_000 };
      for await (const event of this.events(options)) {
        found.push(event);
        clearTimeout(silence);
        silence = setTimeout(end, catchUpSilenceMs);
        whole ??= setTimeout(end, catchUpTimeoutMs);
      }
    } finally {
      clearTimeout(silence);
      clearTimeout(whole);
      end();
    }
    return found;
  }

  /** Whether the server's log says that it passed the prompt on, before any event came of it. */
  async #isPromptLogged(messageId: string): Promise<boolean> {
    const folder = this.#options.serverLogPath;
    if (folder === null) return false;
    const { exitCode } = await executeInSandbox(this.#options.target, {
      command: 'grep',
      args: ['-rqF', '--', `id="\\"${promptRequestId(messageId)}\\""`, folder],
      cwd: '/',
      timeoutMs: 10_000,
    });
    return exitCode === 0;
  }

  get #timeoutMs(): number {
    return this.#options.requestTimeoutMs ?? defaultRequestTimeoutMs;
  }

  async #call(
    id: string,
    method: string,
    params: unknown,
    signal?: AbortSignal,
    timeoutMs?: number,
  ): Promise<AcpMessage> {
    return this.#post(
      { jsonrpc: '2.0', id, method, params },
      { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
    );
  }

  /** Posts a message; the answer to a notification or a response is an empty message. */
  async #post(
    message: unknown,
    options: { query?: string; timeoutMs?: number; signal?: AbortSignal | undefined },
  ): Promise<AcpMessage> {
    const path = options.query === undefined ? this.#path : `${this.#path}?${options.query}`;
    const response = await this.#options.target.client.request('POST', path, {
      body: JSON.stringify(message),
      contentType: 'application/json',
      accept: 'application/json',
      timeoutMs: options.timeoutMs ?? this.#timeoutMs,
      signal: options.signal,
    });
    const text = await response.text();
    if (text.trim() === '') return { jsonrpc: '2.0' };
    const parsed = acpMessageSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    throw new SandboxError('protocol', 'The agent answered in an unknown form.', {
      providerMessage: z.prettifyError(parsed.error),
    });
  }

  /**
   * Posts a prompt over a connection of its own, without any timeout: its answer comes at the end of
   * the turn, which may take hours, and nobody waits for it (`fetch` would give up after 300 s).
   */
  #postDetached(body: string): Promise<void> {
    const { baseUrl, token } = this.#options.target.client.endpoint;
    const url = new URL(`${baseUrl}${this.#path}`);
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const outgoing = request(
        url,
        {
          method: 'POST',
          agent: false,
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('error', reject);
          response.once('end', () => {
            const status = response.statusCode ?? 0;
            if (status >= 200 && status < 300) resolve();
            else reject(refusedPrompt(status, Buffer.concat(chunks).toString('utf8')));
          });
        },
      );
      // The turn goes on without us: it must not keep a process alive that wants to end.
      outgoing.once('socket', (socket) => socket.unref());
      outgoing.once('error', (error) =>
        reject(toSandboxError(error, 'unreachable', 'The sandbox cannot be reached.')),
      );
      outgoing.end(body);
    });
  }
}

function requireResult(answer: AcpMessage, method: string): unknown {
  if (!answer.error) return answer.result;
  throw new SandboxError('agent_unavailable', `The agent refused ${method}.`, {
    providerMessage: describeRpcError(answer.error),
  });
}

function refusedPrompt(status: number, words: string): SandboxError {
  const isGone = /agent stdin|agent process/i.test(words);
  const code = isGone
    ? 'agent_crashed'
    : status === 400 || status === 404
      ? 'not_found'
      : status === 413
        ? 'too_large'
        : status === 401
          ? 'unauthorized'
          : 'agent_unavailable';
  return new SandboxError(code, `The prompt was refused (${status}).`, { providerMessage: words });
}

const activityKinds = new Set([
  'agent_message_chunk',
  'agent_thought_chunk',
  'tool_call',
  'tool_call_update',
  'plan',
]);
const activitySchema = z.object({ update: z.object({ sessionUpdate: z.string() }) });

/** Whether only a running turn can have sent this. */
function isTurnActivity(message: AcpMessage): boolean {
  if (message.method === 'session/request_permission') return true;
  if (message.method !== 'session/update') return false;
  const parsed = activitySchema.safeParse(message.params);
  return parsed.success && activityKinds.has(parsed.data.update.sessionUpdate);
}
