import type { AgentModel } from '@foundry/shared/entities';
import { z } from 'zod';
import { nameOf } from './agent-names.ts';

const optionSchema = z.object({
  value: z.string(),
  name: z.string(),
  description: z.string().nullish(),
});
const groupSchema = z.object({ options: z.array(optionSchema) });
const modelSelectSchema = z.object({
  type: z.literal('select'),
  id: z.string(),
  category: z.literal('model'),
  currentValue: z.string(),
  options: z.union([z.array(optionSchema), z.array(groupSchema)]),
});

/** The older form, still used by agents of before session configuration options. */
const modelStateSchema = z.object({
  currentModelId: z.string(),
  availableModels: z.array(
    z.object({ modelId: z.string(), name: z.string(), description: z.string().nullish() }),
  ),
});

/** More than any agent is known to offer. */
const maxModels = 300;

function modelOf(id: string, name: string, description: string | null | undefined): AgentModel {
  return {
    id,
    name: nameOf(name),
    description: typeof description === 'string' ? nameOf(description) : null,
  };
}

export interface AgentModels {
  models: AgentModel[];
  currentModelId: string | null;
  /** The configuration option to set, or null when the agent has the older `session/set_model`. */
  configId: string | null;
}

/** The models that an answer to session/new, session/load or set_config_option offers. */
export function readModels(result: { configOptions?: unknown; models?: unknown }): AgentModels {
  const options = z.array(z.unknown()).safeParse(result.configOptions);
  for (const option of options.success ? options.data : []) {
    const parsed = modelSelectSchema.safeParse(option);
    if (!parsed.success) continue;
    const flat = parsed.data.options.flatMap((entry) => ('options' in entry ? entry.options : [entry]));
    return {
      models: flat
        .slice(0, maxModels)
        .map(({ value, name, description }) => modelOf(value, name, description)),
      currentModelId: parsed.data.currentValue,
      configId: parsed.data.id,
    };
  }
  const state = modelStateSchema.safeParse(result.models);
  if (!state.success) return { models: [], currentModelId: null, configId: null };
  return {
    models: state.data.availableModels
      .slice(0, maxModels)
      .map(({ modelId, name, description }) => modelOf(modelId, name, description)),
    currentModelId: state.data.currentModelId,
    configId: null,
  };
}
