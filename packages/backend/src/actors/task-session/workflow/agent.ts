import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { CommandError } from '../../../command-loop/errors.ts';
import { single } from '../../../command-loop/handlers.ts';
import type { TaskSessionCatalog } from '../commands.ts';
import { readSession } from '../db/repository.ts';
import { requireSession, saveSession, statusSyncOf } from './record.ts';

type SetModel = ParsedInput<TaskSessionCatalog, 'session.command.setModel'>;
type Prepare = ParsedInput<TaskSessionCatalog, 'session.command.prepareAgent'>;
type Ready = ParsedInput<TaskSessionCatalog, 'session.command.agentReady'>;
type Announce = ParsedInput<TaskSessionCatalog, 'session.command.announce'>;

/** For the next turns; the one that runs goes on as it is. */
export const setModel = single<SetModel>(async (t, { input }) => {
  const record = await requireSession(t.tx);
  if (record.models.length > 0 && !record.models.some(({ id }) => id === input.modelId)) {
    throw new CommandError('model_not_found', `The agent has no model "${input.modelId}".`);
  }
  await saveSession(t, record, { modelId: input.modelId });
  return null;
});

export const prepareAgent = single<Prepare>(async (t, { input }) => {
  const record = await requireSession(t.tx);
  if (record.turnMessageId === null && record.models.length === 0) {
    t.send(statusSyncOf(t), 'status.command.prepare', { ...input, agentId: record.agentId });
  }
  return null;
});

export const agentReady = single<Ready>(async (t, { input }) => {
  const record = await requireSession(t.tx);
  await saveSession(t, record, { models: input.models, modelId: record.modelId ?? input.modelId });
  return null;
});

/** What an appended batch changed about the session reaches the task by the outbox, which an action cannot use. */
export const announce = single<Announce>(async (t) => {
  const record = await readSession(t.tx);
  if (record !== null && record.announcedStatus !== record.status) {
    await saveSession(t, record, {});
  }
  return null;
});
