import { single } from '../../../command-loop/handlers.ts';
import * as repository from '../db/repository.ts';
import { mergeTaskState, nextDraft } from '../decisions.ts';
import type { UserInput } from './inputs.ts';

export const setTaskState = single<UserInput<'setTaskState'>>(async (t, { input }) => {
  const { taskId, organizationId, ...request } = input;
  const before = await repository.readTaskState(t.tx, taskId);
  const state = mergeTaskState(before, { taskId, organizationId }, request);
  if (JSON.stringify(before) !== JSON.stringify(state)) {
    await repository.writeTaskState(t.tx, state, t.nowMs);
    t.upsert({ type: 'taskState', entity: state });
  }
  return state;
});

export const setDraft = single<UserInput<'setDraft'>>(async (t, { input }) => {
  const { taskId, organizationId, ...request } = input;
  const before = await repository.readDraft(t.tx, { taskId, sessionId: request.sessionId });
  if (before === null && request.text === '') {
    return { saved: true, draft: null };
  }
  const draft = nextDraft(before, { taskId, organizationId }, request, t.nowMs);
  if (draft === null) {
    return { saved: false, draft: before };
  }
  await repository.writeDraft(t.tx, draft);
  t.upsert({ type: 'draft', entity: draft });
  return { saved: true, draft };
});

export const setDefaultModel = single<UserInput<'setDefaultModel'>>(async (t, { input }) => {
  await repository.writeDefaultModel(t.tx, input.modelId);
  t.upsert({ type: 'defaultModel', entity: { modelId: input.modelId } });
  return null;
});
