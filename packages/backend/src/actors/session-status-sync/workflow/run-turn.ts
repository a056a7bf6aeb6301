import type { AgentUpdate } from '@foundry/shared/transcript';
import { loopRuntime } from '../../../command-loop/runtime.ts';
import { streamLimits } from '../../../limits.ts';
import type { AcpClient } from '../../../sandbox/acp-client.ts';
import { toAgentUpdate } from '../../../sandbox/acp-events.ts';
import { SandboxError } from '../../../sandbox/sandbox-error.ts';
import { organizationIdOf, taskSessionAddress } from '../../addresses.ts';
import type { AwakeActor } from '../../awake.ts';
import { openSandbox, sandboxFailure } from '../../sandbox-access.ts';
import { services } from '../../services.ts';
import { appendAnswerSchema, type AppendAnswer } from '../../task-session/workflow/append-events.ts';
import { cancelAgent, chooseModel, connectAgent, openAgent } from './agent-connection.ts';
import { endOf, type TurnEnd } from '../decisions.ts';
import {
  readAgent,
  readTurn,
  setAgent,
  setTurn,
  type AgentRecord,
  type TurnRecord,
} from '../db/repository.ts';
import { watchAuthorsAccess } from './access-watch.ts';
import { watchCredential } from './credential-watch.ts';
import { Forwarder } from './forwarder.ts';

/** One delivery of a message as the agent knows it: a retry is another prompt. */
export function promptIdOf(turn: Pick<TurnRecord, 'messageId' | 'attempt'>): string {
  return turn.attempt === 1 ? turn.messageId : `${turn.messageId}.${turn.attempt}`;
}

export interface FinishedTurn extends TurnEnd {
  readonly lastEventId: number;
}

/** The turns that this process follows, by actor. */
const live = new Map<string, TurnRun>();

/** By actor, the turn that this process began, or found at work: what ends its sandbox then is no stop of Foundry. */
const witnessed = new Map<string, string>();

/** To be called where a turn begins. */
export function witnessTurn(key: readonly string[], turn: Pick<TurnRecord, 'messageId' | 'attempt'>): void {
  witnessed.set(key.join('/'), promptIdOf(turn));
}

/** To be called once nothing of the actor's turn is left to find out. */
export function forgetTurn(key: readonly string[]): void {
  witnessed.delete(key.join('/'));
}

/** Whoever stops Foundry stops its sandboxes; the turn's end is found by the process after it. */
const interrupted: TurnEnd = {
  stopReason: 'interrupted',
  error:
    'Foundry was stopped while the agent was working, and the agent with it. Its files and this conversation are kept. Try the message again to go on.',
  sandboxSuspect: true,
  agentExited: true,
};

const cancelled: TurnEnd = {
  stopReason: 'cancelled',
  error: null,
  sandboxSuspect: false,
  agentExited: false,
};

/**
 * Takes a turn from wherever it stands to its end: opens the agent, hands the prompt over once, forwards the stream.
 * May be called again by another process at any point. Returns null when the actor stops before the turn does.
 */
export async function runTurn(actor: AwakeActor, turn: TurnRecord): Promise<FinishedTurn | null> {
  const run = new TurnRun(actor, turn);
  const id = actor.key.join('/');
  live.set(id, run);
  try {
    return await run.toEnd();
  } catch (error) {
    if (actor.abortSignal.aborted) {
      return null;
    }
    const { cancelRequested, abandonMessage } = (await readTurn(actor.db)) ?? turn;
    const lastEventId = (await readAgent(actor.db))?.lastEventId ?? 0;
    const wasWitnessed = witnessed.get(id) === promptIdOf(turn);
    if (!wasWitnessed && !cancelRequested && error instanceof SandboxError && error.code === 'not_running') {
      return { ...interrupted, lastEventId };
    }
    if (abandonMessage !== null) {
      // The sandbox is gone, and its processes with it.
      return {
        stopReason: 'error',
        error: abandonMessage,
        sandboxSuspect: false,
        agentExited: true,
        lastEventId,
      };
    }
    services().log.warn({ key: actor.key, messageId: turn.messageId, err: error }, 'a turn failed');
    const { code, message } = sandboxFailure(error);
    const isGone = code === 'not_found' || code === 'not_running' || code === 'unreachable';
    // After a failure that nobody foresaw a new agent is the safe way on; it takes the conversation up again.
    const after = { sandboxSuspect: isGone, agentExited: true, lastEventId };
    return cancelRequested
      ? { ...cancelled, ...after }
      : { stopReason: 'error' as const, error: message, ...after };
  } finally {
    live.delete(id);
    run.dispose();
  }
}

/** Ends the run of an abandoned turn at once; its record says why. */
export function endRun(key: readonly string[]): void {
  live.get(key.join('/'))?.dispose();
}

class TurnRun {
  readonly #actor: AwakeActor;
  readonly #turn: TurnRecord;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #promptFailure: SandboxError | null = null;
  #sandboxFailure: SandboxError | null = null;
  /** The turn was ended by somebody else, for example by the end that an earlier process had put into the queue. */
  #superseded = false;
  /** Whether the session has been told of the agent's models in this turn. */
  #introduced = false;

  constructor(actor: AwakeActor, turn: TurnRecord) {
    this.#actor = actor;
    this.#turn = turn;
    this.#signal = AbortSignal.any([actor.abortSignal, this.#stop.signal]);
  }

  dispose(): void {
    this.#stop.abort();
  }

  async toEnd(): Promise<FinishedTurn | null> {
    const { db } = this.#actor;
    const client = await connectAgent(this.#sessionId, this.#turn, ({ error }) => {
      // The stream knows better what happened to the agent; this is for prompts that it never hears of.
      this.#promptFailure = error;
    });
    witnessTurn(this.#actor.key, this.#turn);
    const handedOver = await this.#handOver(client);
    if ('stopReason' in handedOver) {
      return { ...handedOver, lastEventId: (await readAgent(db))?.lastEventId ?? 0 };
    }
    return await this.#follow(client, handedOver);
  }

  get #sessionId(): string {
    return this.#actor.key[3] ?? '';
  }

  /** Sends the prompt unless the agent has it; answers with the turn's end if it is over before it began. */
  async #handOver(client: AcpClient): Promise<AgentRecord | TurnEnd> {
    const { db } = this.#actor;
    if (this.#turn.state === 'starting') {
      return await this.#begin(client);
    }
    const agent = await readAgent(db);
    if (agent === null) {
      throw new SandboxError('protocol', 'The agent of a turn that was begun is not known.');
    }
    if (this.#turn.state === 'sent') {
      return agent;
    }
    const status = await client.promptStatus({
      messageId: promptIdOf(this.#turn),
      sinceEventId: this.#turn.sinceEventId,
    });
    switch (status.state) {
      case 'finished':
      case 'taken':
      case 'agent_exited':
        await setTurn(db, { state: 'sent' });
        return agent;
      case 'not_taken':
        return await this.#send(client, agent);
      case 'connection_lost':
        // The agent went before it could do anything with the prompt: from the beginning, with a new one.
        await setTurn(db, { state: 'starting' });
        return await this.#begin(client);
    }
  }

  async #begin(client: AcpClient): Promise<AgentRecord | TurnEnd> {
    const { db } = this.#actor;
    const opened = await openAgent(db, client, this.#turn, this.#signal);
    const agent = await chooseModel(db, client, opened, this.#turn.modelId);
    const current = await readTurn(db);
    if (current?.cancelRequested === true) {
      return cancelled;
    }
    return await this.#send(client, agent);
  }

  async #send(client: AcpClient, agent: AgentRecord): Promise<AgentRecord | TurnEnd> {
    const { db } = this.#actor;
    await setTurn(db, { state: 'sending', sinceEventId: agent.lastEventId });
    await client.sendPrompt({
      agentSessionId: agent.agentSessionId,
      messageId: promptIdOf(this.#turn),
      text: this.#turn.text,
    });
    await setTurn(db, { state: 'sent' });
    const current = await readTurn(db);
    if (current?.cancelRequested === true) {
      // Asked for while the prompt was on its way: whoever asked found nothing to cancel yet.
      await cancelAgent(db, client, agent);
    }
    return agent;
  }

  async #follow(client: AcpClient, agent: AgentRecord): Promise<FinishedTurn | null> {
    const forwarder = this.#forwarder(agent);
    let lastEventId = Math.max(agent.lastEventId, await forwarder.begin());
    if (forwarder.refused) {
      return { ...cancelled, lastEventId };
    }
    const watch = this.#watch();
    let missed: AgentUpdate | null = null;
    const stopWatchingAccess = watchAuthorsAccess(this.#actor.key, this.#sessionId);
    const stopWatchingCredential = watchCredential(this.#actor.key, this.#sessionId, this.#turn);
    try {
      for await (const event of client.events({
        lastEventId,
        signal: this.#signal,
        reconnectTimeoutMs: streamLimits.reconnectTimeoutMs,
        onReconnect: () => void this.#lookAtSandbox(),
        onGap: (gap) => {
          services().log.warn({ key: this.#actor.key, ...gap }, 'events of a turn are missing');
          missed = {
            streamId: gap.afterEventId + gap.missedCount,
            update: { type: 'missed', count: gap.missedCount },
          };
        },
      })) {
        lastEventId = event.eventId;
        if (missed !== null) {
          await forwarder.push(missed);
          missed = null;
        }
        const update = toAgentUpdate(event, {
          agentSessionId: agent.agentSessionId,
          messageId: promptIdOf(this.#turn),
        });
        const end = update === null ? null : await this.#end(update);
        if (update === null) {
          continue;
        }
        if (end !== null) {
          await forwarder.flush();
          return { ...end, lastEventId };
        }
        await forwarder.push(update);
        if (forwarder.refused) {
          // The session has ended this turn already.
          return { ...cancelled, lastEventId };
        }
      }
    } finally {
      clearInterval(watch);
      stopWatchingAccess();
      stopWatchingCredential();
    }
    await forwarder.flush();
    if (this.#actor.abortSignal.aborted || this.#superseded) {
      return null;
    }
    throw (
      this.#sandboxFailure ??
      this.#promptFailure ??
      new SandboxError('unreachable', "The agent's stream ended.")
    );
  }

  async #end(update: AgentUpdate): Promise<TurnEnd | null> {
    if (update.update.type !== 'turn_end' && update.update.type !== 'agent_exited') {
      return null;
    }
    const current = await readTurn(this.#actor.db);
    return endOf(update, { cancelRequested: current?.cancelRequested ?? false });
  }

  /** Ends the stream when the prompt failed and the stream says nothing of it, and when the turn is over elsewhere. */
  #watch(): NodeJS.Timeout {
    let failedSinceMs: number | null = null;
    return setInterval(() => {
      const failure = this.#promptFailure;
      // A lost connection of the prompt's own request means nothing: the turn goes on without it.
      if (failure !== null && failure.code !== 'unreachable' && failure.code !== 'timeout') {
        failedSinceMs ??= Date.now();
        if (Date.now() - failedSinceMs > streamLimits.promptFailureGraceMs) {
          this.#stop.abort();
        }
      }
      void this.#lookForTurn();
    }, streamLimits.turnWatchMs);
  }

  /** A stream that broke may come back; a sandbox that is not running ends the turn at once. */
  async #lookAtSandbox(): Promise<void> {
    try {
      await openSandbox(this.#turn.providerId, this.#turn.sandboxId);
    } catch (error) {
      if (error instanceof SandboxError && (error.code === 'not_found' || error.code === 'not_running')) {
        this.#sandboxFailure = error;
        this.#stop.abort();
      }
    }
  }

  async #lookForTurn(): Promise<void> {
    try {
      const current = await readTurn(this.#actor.db);
      if (current?.messageId !== this.#turn.messageId || current.attempt !== this.#turn.attempt) {
        this.#superseded = true;
        this.#stop.abort();
      } else if (current.abandonMessage !== null) {
        // Noted a moment before this run could be told.
        this.#stop.abort();
      }
    } catch (error) {
      // The next look may succeed; an actor that stops ends the run anyway.
      services().log.debug({ key: this.#actor.key, err: error }, 'the turn could not be read');
    }
  }

  #forwarder(agent: AgentRecord): Forwarder {
    return new Forwarder({
      append: async (updates) => await this.#append(agent, updates),
      acknowledged: async (lastEventId) => await setAgent(this.#actor.db, { lastEventId }),
      // Not the run's own: what was read is handed over before the turn ends.
      signal: this.#actor.abortSignal,
    });
  }

  async #append(agent: AgentRecord, updates: AgentUpdate[]): Promise<AppendAnswer> {
    const { key } = this.#actor;
    const answer = await loopRuntime().connections.call(
      taskSessionAddress(organizationIdOf(key), this.#sessionId),
      'appendEvents',
      [
        {
          messageId: this.#turn.messageId,
          attempt: this.#turn.attempt,
          epoch: agent.epoch,
          updates,
          agent: this.#introduced ? null : { models: agent.models, modelId: agent.currentModelId },
        },
      ],
      { timeoutMs: streamLimits.appendTimeoutMs },
    );
    this.#introduced = true;
    return appendAnswerSchema.parse(answer);
  }
}
