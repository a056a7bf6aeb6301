import { toApiError } from '@foundry/client/api-error';
import { createTaskRequestSchema } from '@foundry/shared/requests';
import type { CreateTaskRequest } from '@foundry/shared/requests';

export interface NewTaskFields {
  repositoryId: string;
  prompt: string;
  title: string;
  branch: string;
  baseBranch: string;
  modelId: string;
}
export type FieldName = keyof NewTaskFields;
/** `form` is for what belongs to no field. */
export type FieldErrors = Partial<Record<FieldName | 'form', string>>;

type Checked = { request: CreateTaskRequest; errors: null } | { request: null; errors: FieldErrors };

const fieldNames: readonly FieldName[] = [
  'repositoryId',
  'prompt',
  'title',
  'branch',
  'baseBranch',
  'modelId',
];

/** Empty fields are left out of the request: the server then decides. `commandId` makes a repeat of the same form harmless. */
export function checkFields(fields: NewTaskFields, commandId: string): Checked {
  const errors: FieldErrors = {};
  if (fields.repositoryId === '') errors.repositoryId = 'Choose a repository.';
  if (fields.prompt.trim() === '' && fields.title.trim() === '') {
    errors.prompt = 'Say what should be done, or give the task a title.';
  }
  const given = Object.entries(fields)
    .map(([name, value]) => [name, value.trim()] as const)
    .filter(([, value]) => value !== '');
  const parsed = createTaskRequestSchema.safeParse({ commandId, ...Object.fromEntries(given) });
  if (parsed.success && Object.keys(errors).length === 0) return { request: parsed.data, errors: null };
  for (const issue of parsed.error?.issues ?? []) {
    const name = fieldNames.find((candidate) => candidate === issue.path[0]);
    errors[name ?? 'form'] ??= sentence(issue.message);
  }
  return { request: null, errors };
}

function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** At which field the server's refusal belongs. */
export function errorsOfFailure(thrown: unknown): FieldErrors {
  const error = toApiError(thrown);
  if (/base_branch/.test(error.code)) return { baseBranch: error.message };
  if (/branch/.test(error.code)) return { branch: error.message };
  if (/repository/.test(error.code)) return { repositoryId: error.message };
  if (/model/.test(error.code)) return { modelId: error.message };
  return { form: error.message };
}
