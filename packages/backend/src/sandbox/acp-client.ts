import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentModel } from '@foundry/shared/entities';
import { z } from 'zod';
import { postDetached } from './acp-detached-request.ts';
import { endAgentProcesses, findAgentProcesses } from './agent-process.ts';
import { acpMessageSchema, describeRpcError, promptRequestId } from './acp-messages.ts';
import type { AcpEvent, AcpMessage } from './acp-messages.ts';
import { readModels } from './acp-models.ts';
import { readPromptStatus } from './acp-prompt-status.ts';
import type { PromptStatus } from './acp-prompt-status.ts';
import { readAcpStream } from './acp-stream.ts';
import type { AcpStreamOptions } from './acp-stream.ts';
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
  /**
   * Told when a prompt's request broke after sendPrompt had returned. A hint for the log, not the
   * fate of the turn: that is on the stream, and may long have ended well.
   */
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

const loadResultSchema = z.object({ configOptions: z.unknown(), models: z.unknown() }).partial();
const newResultSchema = loadResultSchema.extend({ sessionId: z.string() });
const jsonTextSchema = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: String(error) });
    return z.NEVER;
  }
});
const initializeResultSchema = z.object({
  agentCapabilities: z.object({ loadSession: z.boolean().optional() }).nullish(),
});

const defaultRequestTimeoutMs = 30_000;
const closeTimeoutMs = 2_000;
/** A request that the server refuses is refused within a few ms; then it has been passed on. */
const promptGraceMs = 150;
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
    const { client } = this.#options.target;
    const answered = postDetached(client.endpoint, this.#path, body);
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
  promptStatus(request: { messageId: string; sinceEventId: number }): Promise<PromptStatus> {
    const { target, serverId, serverLogPath } = this.#options;
    return readPromptStatus({ ...request, target, serverId, serverLogPath });
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
    const id = readRequestId(answer.requestId);
    const outcome =
      answer.optionId === null
        ? { outcome: 'cancelled' }
        : { outcome: 'selected', optionId: answer.optionId };
    await this.#post({ jsonrpc: '2.0', id, result: { outcome } }, { timeoutMs: 5_000 });
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
   * Ends the connection and its agent: one that hangs is ended with everything that it has started, as far as it can be
   * told from others. May be repeated.
   */
  async close(): Promise<void> {
    const { target, serverId, serverLogPath } = this.#options;
    const processes = await findAgentProcesses(target, { serverId, serverLogPath });
    // Begun before the connection is dropped: afterwards nobody could tell any more which process it had.
    await Promise.all([endAgentProcesses(target, processes), this.#disconnect()]);
  }

  /**
   * The server may drop the connection at once and yet never answer: done is when it is no longer listed, at the latest
   * after two seconds.
   */
  async #disconnect(): Promise<void> {
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
    const parsed = jsonTextSchema.pipe(acpMessageSchema).safeParse(text);
    if (parsed.success) return parsed.data;
    throw new SandboxError('protocol', 'The agent answered in an unknown form.', {
      providerMessage: z.prettifyError(parsed.error),
    });
  }
}

/** A permission request's id, which is JSON: 1 and "1" are two different ones. */
function readRequestId(text: string): string | number {
  try {
    return jsonTextSchema.pipe(z.union([z.string(), z.number()])).parse(text);
  } catch (error) {
    throw new SandboxError('invalid_request', 'This is no permission request.', { cause: error });
  }
}

function requireResult(answer: AcpMessage, method: string): unknown {
  if (!answer.error) return answer.result;
  throw new SandboxError('agent_unavailable', `The agent refused ${method}.`, {
    providerMessage: describeRpcError(answer.error),
  });
}
