import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { CommandError, RetryLater } from '../../../command-loop/errors.ts';
import {
  effect,
  Finish,
  single,
  transaction,
  type CommandHandler,
  type TransactionContext,
} from '../../../command-loop/handlers.ts';
import { streamLimits } from '../../../limits.ts';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import {
  organizationIdOf,
  sandboxInstanceAddress,
  sessionStatusSyncAddress,
  taskSessionAddress,
} from '../../addresses.ts';
import type { AcpClient } from '../../../sandbox/acp-client.ts';
import { awakeActor, enqueueToSelf } from '../../awake.ts';
import { sandboxFailure } from '../../sandbox-access.ts';
import { cancelAgent, connectAgent, openAgent } from './agent-connection.ts';
import type { SessionStatusSyncCatalog } from '../commands.ts';
import {
  deleteTurn,
  readAgent,
  readTurn,
  setAgent,
  setTurn,
  writeTurn,
  type AgentRecord,
  type TurnRecord,
} from '../db/repository.ts';
import { armResume, ensureFollowing, finishMessage } from './follow.ts';
import { endRun, promptIdOf, witnessTurn } from './run-turn.ts';

type Start = ParsedInput<SessionStatusSyncCatalog, 'status.command.start'>;
type Prepare = ParsedInput<SessionStatusSyncCatalog, 'status.command.prepare'>;
type Reference = ParsedInput<SessionStatusSyncCatalog, 'status.command.cancel'>;
type Answer = ParsedInput<SessionStatusSyncCatalog, 'status.command.answerPermission'>;
type Abandon = ParsedInput<SessionStatusSyncCatalog, 'status.command.abandon'>;
type End = ParsedInput<SessionStatusSyncCatalog, 'status.command.finish'>;

const kind = 'sessionStatusSync';

function sessionIdOf(key: readonly string[]): string {
  return key[3] ?? '';
}

function sessionOf(t: TransactionContext) {
  return taskSessionAddress(organizationIdOf(t.key), sessionIdOf(t.key));
}

/** The running turn, if it is the one that is meant. */
async function readSameTurn(db: ActorDatabase, reference: Reference): Promise<TurnRecord | null> {
  const turn = await readTurn(db);
  return turn?.messageId === reference.messageId && turn.attempt === reference.attempt ? turn : null;
}

/** The turn is noted, then followed beside the loop: no command of this loop waits for an agent. */
export const start: CommandHandler<Start> = {
  steps: [
    transaction('note', async (t, { input, envelope }) => {
      await writeTurn(t.tx, {
        ...input,
        by: envelope.by,
        state: 'starting',
        sinceEventId: 0,
        cancelRequested: false,
        cancelSentAtMs: null,
        abandonMessage: null,
      });
      return null;
    }),
    effect('follow', async ({ key }, { input }) => {
      witnessTurn(key, input);
      await armResume(awakeActor(kind, key));
      ensureFollowing(key);
      return null;
    }),
  ],
};

const noteCancel = transaction<Reference, Finish | null>('note', async (t, { input }) => {
  if ((await readSameTurn(t.tx, input)) === null) {
    return new Finish(null);
  }
  await setTurn(t.tx, { cancelRequested: true });
  t.send(
    sessionStatusSyncAddress(organizationIdOf(t.key), sessionIdOf(t.key)),
    'status.command.enforceCancel',
    input,
    { delayMs: streamLimits.cancelGraceMs },
  );
  return null;
});

/** A prompt that is not on its way yet is never sent; whoever sends it looks for this note. */
export const cancel: CommandHandler<Reference> = {
  steps: [
    noteCancel,
    effect('cancel', async ({ db, key }, { input }) => {
      const turn = await readSameTurn(db, input);
      const agent = await readAgent(db);
      if (turn === null || turn.state === 'starting' || agent === null) {
        return null;
      }
      await refusing(async () => {
        const client = await connectAgent(sessionIdOf(key), turn);
        await cancelAgent(db, client, agent);
      });
      return null;
    }),
  ],
};

/** An agent that did not listen is ended; what it said until then is kept, and a later turn starts it again. */
export const enforceCancel: CommandHandler<Reference> = {
  steps: [
    effect('close', async ({ db, key }, { input }) => {
      const turn = await readSameTurn(db, input);
      if (turn?.cancelRequested !== true) {
        return null;
      }
      const leftAloneUntilMs = await refusing(async () => {
        const client = await connectAgent(sessionIdOf(key), turn);
        const untilMs = await graceOf(client, turn);
        if (untilMs === null) {
          await client.close();
        }
        return untilMs;
      });
      if (leftAloneUntilMs !== null) {
        ensureFollowing(key);
        throw new RetryLater(leftAloneUntilMs, 'the agent has stopped, or may be about to');
      }
      const lastEventId = (await readAgent(db))?.lastEventId ?? 0;
      await enqueueToSelf(
        awakeActor(kind, key),
        finishMessage(key, turn, {
          stopReason: 'cancelled',
          error: null,
          lastEventId,
          sandboxSuspect: false,
          agentExited: true,
        }),
      );
      return null;
    }),
  ],
};

/**
 * Until when an agent that was asked to stop is left alone, null when it is not. The backend may have been away in the
 * meantime: the agent may have been asked only a moment ago, or have stopped long since without anybody having read it.
 */
async function graceOf(client: AcpClient, turn: TurnRecord): Promise<number | null> {
  if (turn.cancelSentAtMs === null) {
    return null;
  }
  const listensUntilMs = turn.cancelSentAtMs + streamLimits.cancelGraceMs;
  const readUntilMs = turn.cancelSentAtMs + streamLimits.cancelReadGraceMs;
  const nowMs = Date.now();
  if (nowMs < listensUntilMs) {
    return listensUntilMs;
  }
  if (nowMs >= readUntilMs) {
    return null;
  }
  const { state } = await client.promptStatus({
    messageId: promptIdOf(turn),
    sinceEventId: turn.sinceEventId,
  });
  return state === 'finished' ? Math.min(nowMs + streamLimits.cancelGraceMs, readUntilMs) : null;
}

export const answerPermission: CommandHandler<Answer> = {
  steps: [
    effect('answer', async ({ db, key }, { input }) => {
      const turn = await readSameTurn(db, input);
      if (turn !== null) {
        await refusing(async () => {
          const client = await connectAgent(sessionIdOf(key), turn);
          await client.answerPermission(input);
        });
      }
      return null;
    }),
  ],
};

/** A sandbox's refusal is the command's; what may pass is tried again. */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const failure = sandboxFailure(error);
    if (failure.code === 'unreachable' || failure.code === 'timeout' || failure.code === 'busy') {
      throw error;
    }
    throw new CommandError(failure.code, failure.message, { retryable: failure.retryable, cause: error });
  }
}

export const abandon: CommandHandler<Abandon> = {
  steps: [
    transaction('note', async (t, { input }) => {
      if ((await readSameTurn(t.tx, input)) !== null) {
        await setTurn(t.tx, { abandonMessage: input.message });
      }
      return null;
    }),
    effect('end', async ({ key }) => {
      endRun(key);
      // Nobody may be following right now: then the one that starts finds the note.
      ensureFollowing(key);
      return null;
    }),
  ],
};

/** All events have reached the session: now it may hear that the turn is over. */
export const finish = single<End>(async (t, { input }) => {
  const turn = await readSameTurn(t.tx, input);
  if (turn === null) {
    return null;
  }
  await deleteTurn(t.tx);
  await setAgent(t.tx, { lastEventId: input.lastEventId, exited: input.agentExited });
  t.send(sessionOf(t), 'session.command.turnEnded', {
    messageId: input.messageId,
    stopReason: input.stopReason,
    error: input.error,
  });
  if (input.sandboxSuspect) {
    t.send(
      sandboxInstanceAddress(organizationIdOf(t.key), turn.providerId, turn.sandboxId),
      'sandbox.command.reconcile',
      {},
    );
  }
  return null;
});

const startAgent = effect<Prepare, Pick<AgentRecord, 'models' | 'currentModelId'> | null>(
  'start agent',
  async ({ db, key, signal }, { input }) => {
    if ((await readTurn(db)) !== null) {
      // The turn starts the agent itself.
      return null;
    }
    try {
      const client = await connectAgent(sessionIdOf(key), input);
      const { models, currentModelId } = await openAgent(db, client, input, signal);
      return { models, currentModelId };
    } catch (error) {
      const { code, message, retryable } = sandboxFailure(error);
      throw new CommandError(code, message, { retryable, cause: error });
    }
  },
);

/** Ahead of the first message. A failure here is nobody's: the first turn tries again and says so. */
export const prepare: CommandHandler<Prepare> = {
  steps: [
    startAgent,
    transaction('report', async (t, command) => {
      const started = command.resultOf(startAgent);
      if (started !== null) {
        t.send(sessionOf(t), 'session.command.agentReady', {
          models: started.models,
          modelId: started.currentModelId,
        });
      }
      return null;
    }),
  ],
};
