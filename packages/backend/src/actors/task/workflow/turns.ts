import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { effect, Finish, single, transaction, type CommandHandler } from '../../../command-loop/handlers.ts';
import { readFromActor } from '../../actor-calls.ts';
import {
  organizationIdOf,
  sandboxInstanceAddress,
  taskAddress,
  taskSessionAddress,
} from '../../addresses.ts';
import { turnPlaceSchema, type TurnPlace } from '../../sandbox-instance/reads.ts';
import type { TaskCatalog } from '../commands.ts';
import {
  deleteTurn,
  insertTurn,
  listTurns,
  readSession,
  readTask,
  setTurnState,
  writeSession,
  type Turn,
} from '../db/repository.ts';
import { withoutSignInRequired } from './notices.ts';
import {
  applyEvent,
  pumpTurns,
  refuseTurn,
  requireTask,
  saveActivity,
  sandboxAddressOf,
} from './task-record.ts';

type RequestTurn = ParsedInput<TaskCatalog, 'task.command.requestTurn'>;
type WithdrawTurn = ParsedInput<TaskCatalog, 'task.command.withdrawTurn'>;
type TurnEnded = ParsedInput<TaskCatalog, 'task.command.turnEnded'>;
type GrantTurn = ParsedInput<TaskCatalog, 'task.command.grantTurn'>;
type SessionChanged = ParsedInput<TaskCatalog, 'task.command.sessionChanged'>;

export const requestTurn = single<RequestTurn>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  await insertTurn(t.tx, input);
  await pumpTurns(t, record, { asked: true });
  return null;
});

export const withdrawTurn = single<WithdrawTurn>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  const turn = (await listTurns(t.tx)).find(({ messageId }) => messageId === input.messageId);
  // One that was granted meanwhile is declined by the session, which then reports its end.
  if (turn?.state === 'queued') {
    await deleteTurn(t.tx, input.messageId);
    await pumpTurns(t, record, { asked: false });
  }
  return null;
});

interface Claim {
  readonly turn: Turn;
  readonly providerId: string;
  readonly sandboxId: string;
}

const claim = transaction<GrantTurn, Claim | Finish>('claim', async (t, { input }) => {
  const record = await requireTask(t.tx);
  const turns = await listTurns(t.tx);
  const turn = turns.find(({ messageId }) => messageId === input.messageId);
  const isTaken = turns.some(({ state }) => state !== 'queued');
  if (turn === undefined || isTaken || record.status.state !== 'ready' || record.sandbox === null) {
    // Whatever is in the way asks for the next turn itself when it is out of it.
    return new Finish(null);
  }
  await setTurnState(t.tx, turn.messageId, 'granting');
  return { turn, providerId: record.sandbox.providerId, sandboxId: record.sandbox.id };
});

/** The author's name and token go into the sandbox; what was there of the owner before is replaced. */
const installCredentials = effect<GrantTurn, TurnPlace>(
  'install credentials',
  async ({ key, signal }, command) => {
    const claimed = command.resultOf(claim);
    if (claimed instanceof Finish) {
      throw new Error('a finished command runs no further step');
    }
    return await readFromActor(
      sandboxInstanceAddress(organizationIdOf(key), claimed.providerId, claimed.sandboxId),
      'prepareTurn',
      { person: claimed.turn.author },
      turnPlaceSchema,
      signal,
    );
  },
);

/** One turn at a time for a task (R12): the author becomes the owner, and the session may send the prompt. */
export const grantTurn: CommandHandler<GrantTurn> = {
  steps: [
    claim,
    installCredentials,
    transaction('grant', async (t, command) => {
      const record = await requireTask(t.tx);
      const place = command.resultOf(installCredentials);
      const turn = (await listTurns(t.tx)).find(({ messageId }) => messageId === command.input.messageId);
      if (turn === undefined) {
        await pumpTurns(t, record, { asked: false });
        return null;
      }
      if (place.state === 'absent') {
        await setTurnState(t.tx, turn.messageId, 'queued');
        const lost = await applyEvent(t, record, { type: 'workspace_lost' });
        await pumpTurns(t, lost, { asked: true });
        return null;
      }
      await setTurnState(t.tx, turn.messageId, 'running');
      const { author } = turn;
      if (record.owner?.userId !== author.userId) {
        t.audit({
          action: 'owner.changed',
          subject: record.taskId,
          summary: `${author.login} sent a message and owns task "${record.title}" now${
            record.owner === null ? '' : `; before it was ${record.owner.login}`
          }`,
          repositoryId: record.repository.id,
        });
      }
      await saveActivity(t, record, { owner: author, changes: withoutSignInRequired(record.changes) });
      t.send(taskSessionAddress(record.organizationId, turn.sessionId), 'session.command.turnGranted', {
        messageId: turn.messageId,
        providerId: place.providerId,
        sandboxId: place.sandboxId,
        checkoutPath: place.checkoutPath,
        ownerUserId: author.userId,
      });
      return null;
    }),
  ],
  onFailure: async (t, { input, failure }) => {
    const record = await readTask(t.tx);
    const turn = (await listTurns(t.tx)).find(({ messageId }) => messageId === input?.messageId);
    if (record !== null && turn !== undefined) {
      await refuseTurn(t, record, turn, failure);
      await pumpTurns(t, record, { asked: false });
    }
  },
};

export const turnEnded = single<TurnEnded>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  if (!(await deleteTurn(t.tx, input.messageId))) {
    return null;
  }
  t.audit({
    action: 'turn.ended',
    subject: record.taskId,
    summary: `A turn of task "${record.title}" ended (${input.stopReason})`,
    repositoryId: record.repository.id,
  });
  const after = await saveActivity(t, record, { pendingHeadSha: null }, { bumpContent: true });
  const sandbox = sandboxAddressOf(after);
  if (after.status.state === 'ready' && sandbox !== null) {
    if (record.pendingHeadSha !== null) {
      t.send(sandbox, 'sandbox.command.pull', { person: after.owner });
    }
    t.send(taskAddress(after.organizationId, after.taskId), 'task.command.refresh', {});
  } else if (sandbox !== null && (after.status.state === 'merged' || after.status.state === 'closed')) {
    t.send(sandbox, 'sandbox.command.stop', {});
  }
  await pumpTurns(t, after, { asked: false });
  return null;
});

export const sessionChanged = single<SessionChanged>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  const known = await readSession(t.tx, input.session.id);
  if (known === null || known.updatedAtMs > input.session.updatedAtMs) {
    return null;
  }
  await writeSession(t.tx, input.session);
  t.upsert({ type: 'session', entity: input.session });
  await saveActivity(t, record);
  return null;
});
