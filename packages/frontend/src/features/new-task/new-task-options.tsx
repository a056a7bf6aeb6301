import type { AgentModel } from '@foundry/shared/entities';
import { LabelledField } from '../../ui/labelled-field.tsx';
import type { FieldErrors, NewTaskFields } from './new-task-fields.ts';

interface NewTaskOptionsProps {
  fields: NewTaskFields;
  errors: FieldErrors;
  set: (change: Partial<NewTaskFields>) => void;
  defaultBranch: string | undefined;
  models: readonly AgentModel[];
}

export function NewTaskOptions({ fields, errors, set, defaultBranch, models }: NewTaskOptionsProps) {
  return (
    <div className="grid gap-x-3 gap-y-1 rounded-lg border border-line bg-panel p-3 sm:grid-cols-2">
      <LabelledField label="Title" optional error={errors.title} hint="From the first line otherwise.">
        {(control) => (
          <input
            {...control}
            value={fields.title}
            onChange={(event) => set({ title: event.target.value })}
            className="field"
          />
        )}
      </LabelledField>
      <LabelledField label="Branch" optional error={errors.branch} hint="From the title otherwise.">
        {(control) => (
          <input
            {...control}
            value={fields.branch}
            spellCheck={false}
            autoCapitalize="off"
            onChange={(event) => set({ branch: event.target.value })}
            className="field font-mono text-xs leading-5"
          />
        )}
      </LabelledField>
      <LabelledField
        label="Base branch"
        optional
        error={errors.baseBranch}
        hint="The repository’s default otherwise."
      >
        {(control) => (
          <input
            {...control}
            value={fields.baseBranch}
            placeholder={defaultBranch}
            spellCheck={false}
            autoCapitalize="off"
            onChange={(event) => set({ baseBranch: event.target.value })}
            className="field font-mono text-xs leading-5"
          />
        )}
      </LabelledField>
      <LabelledField label="Model" optional error={errors.modelId}>
        {(control) => (
          <select
            {...control}
            value={fields.modelId}
            onChange={(event) => set({ modelId: event.target.value })}
            className="field h-8"
          >
            <option value="">The agent’s default</option>
            {models.map((model) => (
              <option key={model.id} value={model.id}>
                {model.name}
              </option>
            ))}
          </select>
        )}
      </LabelledField>
    </div>
  );
}
