import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { single } from '../../../command-loop/handlers.ts';
import { taskSessionAddress } from '../../addresses.ts';
import type { TaskCatalog } from '../commands.ts';
import { listSessions, listTurns, readTask } from '../db/repository.ts';
import { pumpTurns, refuseTurn, sandboxAddressOf } from './task-record.ts';

type PersonLostAccess = ParsedInput<TaskCatalog, 'task.command.personLostAccess'>;

/** The person's running turn ends, their waiting ones are refused, and their token leaves the sandbox. */
export const personLostAccess = single<PersonLostAccess>(async (t, { input }) => {
  const record = await readTask(t.tx);
  if (record === null) {
    return null;
  }
  const { userId, login } = input;
  const turns = (await listTurns(t.tx)).filter(({ author }) => author.userId === userId);
  const message = `GitHub no longer lets ${login} write to ${record.repository.fullName}.`;
  for (const turn of turns.filter(({ state }) => state !== 'running')) {
    await refuseTurn(t, record, turn, { code: 'not_permitted', message, retryable: false });
  }
  // Their sessions know of messages that no turn was asked for yet.
  for (const session of await listSessions(t.tx)) {
    t.send(taskSessionAddress(record.organizationId, session.id), 'session.command.authorLostAccess', {
      userId,
      message,
    });
  }
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
    await pumpTurns(t, record, { asked: false });
  }
  return null;
});
