import type { CommandMessage } from '../../../command-loop/connections.ts';
import { errorMessage } from '../../../command-loop/errors.ts';
import { streamLimits } from '../../../limits.ts';
import { awakeActor, enqueueToSelf, isAwake, type AwakeActor } from '../../awake.ts';
import { services } from '../../services.ts';
import { readTurn, type TurnRecord } from '../db/repository.ts';
import { forgetTurn, runTurn } from './run-turn.ts';

interface Follower {
  /** Somebody asked for it while it was running: the turn it looked for may have come too late for it. */
  askedAgain: boolean;
}

const followers = new Map<string, Follower>();
/** The turn whose end each actor's follower has put into the queue: until that is worked off, its record is still there. */
const lastFinished = new Map<string, { turnId: string; atMs: number }>();
const armed = new Set<string>();

/**
 * Follows the actor's turn beside the loop until it ends, once in this process. The actor stays awake meanwhile.
 * Called when a turn starts, when the actor wakes, and by the alarm. Always with the life of the actor that is awake now,
 * never with the context of an action: that one ends with the action, and the turn would go on unheard.
 */
export function ensureFollowing(key: readonly string[]): void {
  const actor = awakeActor('sessionStatusSync', key);
  const id = key.join('/');
  const running = followers.get(id);
  if (running !== undefined) {
    running.askedAgain = true;
    return;
  }
  const follower: Follower = { askedAgain: false };
  followers.set(id, follower);
  const work = followOnce(actor)
    .catch((error: unknown) => {
      // The turn's record is still there: the alarm takes it up again.
      services().log.warn({ key: actor.key, error: errorMessage(error) }, 'following a turn was interrupted');
    })
    .finally(() => {
      followers.delete(id);
      // Asked by a later life of the actor, perhaps: this one's context would be of no use to it.
      if (follower.askedAgain && isAwake('sessionStatusSync', key)) {
        ensureFollowing(key);
      }
    });
  void actor.keepAwake(work);
}

async function followOnce(actor: AwakeActor): Promise<void> {
  const id = actor.key.join('/');
  const turn = await readTurn(actor.db);
  if (turn === null || isEnding(id, turn)) {
    return;
  }
  const finished = await runTurn(actor, turn);
  if (finished !== null) {
    await enqueueToSelf(actor, finishMessage(actor.key, turn, finished));
    lastFinished.set(id, { turnId: turnIdOf(turn), atMs: performance.now() });
  }
  forgetTurn(actor.key);
}

/** A turn that is still there long after its end was put into the queue is followed to its end again: the end may have failed. */
function isEnding(id: string, turn: TurnRecord): boolean {
  const last = lastFinished.get(id);
  return last?.turnId === turnIdOf(turn) && performance.now() - last.atMs < streamLimits.endGraceMs;
}

function turnIdOf({ messageId, attempt }: TurnRecord): string {
  return `${messageId}/${attempt}`;
}

/** The same for every run of the same turn, so that the turn ends once. */
export function finishMessage(
  key: readonly string[],
  turn: TurnRecord,
  end: Omit<CommandBody, 'messageId' | 'attempt'>,
): CommandMessage {
  const { messageId, attempt } = turn;
  return {
    name: 'status.command.finish',
    body: { messageId, attempt, ...end },
    envelope: {
      commandId: `finish/${key.at(-1) ?? ''}/${turnIdOf(turn)}`,
      causedBy: messageId,
      by: turn.by,
      at: Date.now(),
    },
  };
}

interface CommandBody {
  readonly messageId: string;
  readonly attempt: number;
  readonly stopReason: string;
  readonly error: string | null;
  readonly lastEventId: number;
  readonly sandboxSuspect: boolean;
  readonly agentExited: boolean;
}

/** An alarm that survives the process: it wakes the actor of a turn whose process died. One at a time. */
export async function armResume(actor: Pick<AwakeActor, 'key' | 'schedule'>): Promise<void> {
  const id = actor.key.join('/');
  if (!armed.has(id)) {
    armed.add(id);
    await actor.schedule.after(streamLimits.resumeAlarmMs, 'resume');
  }
}

/** What the alarm does: goes on for as long as a turn runs. */
export async function resume(context: Pick<AwakeActor, 'key' | 'db' | 'schedule'>): Promise<void> {
  armed.delete(context.key.join('/'));
  if ((await readTurn(context.db)) !== null) {
    ensureFollowing(context.key);
    await armResume(context);
  }
}
