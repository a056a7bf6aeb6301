import { agentModelSchema } from '@foundry/shared/entities';
import type { AgentModel } from '@foundry/shared/entities';
import { z } from 'zod';
import { readSetting, writeSetting } from '../../app/local-setting.ts';

export const lastRepositorySchema = z.string();
const modelsSchema = z.array(agentModelSchema);

/** Models that a session last offered in this browser: a new task has no session yet that could say. */
export function readModels(): readonly AgentModel[] {
  return readSetting('models', modelsSchema) ?? [];
}

export function rememberModels(models: readonly AgentModel[]): void {
  if (models.length > 0) writeSetting('models', models);
}
