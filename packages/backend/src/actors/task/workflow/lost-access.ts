import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { single } from '../../../command-loop/handlers.ts';
import { taskSessionAddress } from '../../addresses.ts';
import type { TaskCatalog } from '../commands.ts';
import { listSessions, listTurns, readTask } from '../db/repository.ts';
import { withSignInRequired, withoutSignInRequired } from './notices.ts';
import { pumpTurns, refuseTurn, sandboxAddressOf, saveTask } from './task-record.ts';

type PersonSignedIn = ParsedInput<TaskCatalog, 'task.command.personSignedIn'>;
type PersonLostAccess = ParsedInput<TaskCatalog, 'task.command.personLostAccess'>;

/** The person's running turn ends, their waiting ones are refused, and their token leaves the sandbox. */
export const personLostAccess = single<PersonLostAccess>(async (t, { input }) => {
  const record = await readTask(t.tx);
  if (record === null) {
    return null;
  }
  const { userId, login, reason } = input;
  const turns = (await listTurns(t.tx)).filter(({ author }) => author.userId === userId);
  const isSignIn = reason === 'sign_in';
  const message = isSignIn
    ? `${login} has to sign in with GitHub again: GitHub no longer accepts the sign-in that Foundry has.`
    : `GitHub no longer lets ${login} write to ${record.repository.fullName}.`;
  const failure = { code: isSignIn ? 'sign_in_required' : 'not_permitted', message, retryable: isSignIn };
  for (const turn of turns.filter(({ state }) => state !== 'running')) {
    await refuseTurn(t, record, turn, failure);
  }
  // Their sessions know of messages that no turn was asked for yet.
  for (const session of await listSessions(t.tx)) {
    t.send(taskSessionAddress(record.organizationId, session.id), 'session.command.authorLostAccess', {
      userId,
      message,
    });
  }
  const isOver = record.status.state === 'merged' || record.status.state === 'closed';
  const after =
    isSignIn && !isOver && record.owner?.userId === userId
      ? await saveTask(t, record, { changes: withSignInRequired(record.changes, login) })
      : record;
  const sandbox = record.owner?.userId === userId ? sandboxAddressOf(record) : null;
  if (sandbox !== null) {
    t.send(sandbox, 'sandbox.command.removeCredentials', {});
  }
  if (turns.length > 0 || sandbox !== null) {
    t.audit({
      action: 'access.lost',
      subject: record.taskId,
      summary: `${message} What went on in their name in "${record.title}" was ended`,
      repositoryId: record.repository.id,
    });
    await pumpTurns(t, after, { asked: false });
  }
  return null;
});

/** Their owner has signed in again: nothing is in the way any more. */
export const personSignedIn = single<PersonSignedIn>(async (t, { input }) => {
  const record = await readTask(t.tx);
  if (record !== null && record.owner?.userId === input.userId) {
    await saveTask(t, record, { changes: withoutSignInRequired(record.changes) });
  }
  return null;
});
