import { single } from '../../../command-loop/handlers.ts';
import * as repository from '../db/repository.ts';
import { mergeTaskState } from '../decisions.ts';
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

export const setDefaultModel = single<UserInput<'setDefaultModel'>>(async (t, { input }) => {
  await repository.writeDefaultModel(t.tx, input.modelId);
  t.upsert({ type: 'defaultModel', entity: { modelId: input.modelId } });
  return null;
});
