import { toApiError } from '@foundry/client/api-error';
import { randomId } from '@foundry/client/random-id';
import { useFoundryClient } from '@foundry/client/react/hooks';
import { atLeast } from '@foundry/shared/roles';
import { useNavigate } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { useRef, useState } from 'react';
import type { FormEvent, KeyboardEvent } from 'react';
import { readSetting, writeSetting } from '../../app/local-setting.ts';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { DialogActions } from '../../ui/dialog.tsx';
import { isInputMethodKey } from '../../ui/input-method.ts';
import { Kbd, modifier } from '../../ui/kbd.tsx';
import { LabelledField } from '../../ui/labelled-field.tsx';
import { lastRepositorySchema, readModels } from '../task/remembered.ts';
import { useOrganization } from '../organization/organization-context.ts';
import { BranchQuestion } from './branch-question.tsx';
import { checkFields, errorsOfFailure } from './new-task-fields.ts';
import type { FieldErrors, NewTaskFields } from './new-task-fields.ts';
import { NewTaskOptions } from './new-task-options.tsx';
import { RepositorySelect } from './repository-select.tsx';

interface NewTaskFormProps {
  repositoryId: string | undefined;
  onDone: () => void;
}

export function NewTaskForm({ repositoryId, onDone }: NewTaskFormProps) {
  const { api } = useFoundryClient();
  const navigate = useNavigate();
  const { organization } = useOrganization();
  const organizationId = organization.organization.id;
  const [fields, setFields] = useState<NewTaskFields>(() => ({
    repositoryId: firstRepository(
      repositoryId,
      [...organization.repositories.keys()].filter((id) => atLeast(organization.roles[id], 'write')),
    ),
    prompt: '',
    title: '',
    branch: '',
    baseBranch: '',
    modelId: '',
  }));
  const [errors, setErrors] = useState<FieldErrors>({});
  const [pending, setPending] = useState(false);
  const [showOptions, setShowOptions] = useState(false);
  /** GitHub has the branch that was named already: what shall be done about that? */
  const [question, setQuestion] = useState<string | null>(null);
  const commandId = useRef('');
  const set = (change: Partial<NewTaskFields>) => {
    setFields((current) => ({ ...current, ...change }));
    setErrors({});
    setQuestion(null);
    // What is sent next is another command than what may have been sent before.
    commandId.current = '';
  };

  const create = async (existingBranch?: 'use' | 'next') => {
    if (pending) return;
    // With an answer it is another command than the one that was refused.
    if (existingBranch !== undefined) commandId.current = '';
    commandId.current ||= randomId();
    const { request, errors: found } = checkFields(fields, commandId.current);
    if (request === null) {
      showErrors(found);
      return;
    }
    setPending(true);
    try {
      const answer = existingBranch === undefined ? {} : { existingBranch };
      const { task } = await api.createTask(organizationId, { ...request, ...answer });
      writeSetting('last-repository', fields.repositoryId);
      onDone();
      await navigate({
        to: '/organizations/$organizationId/tasks/$taskId',
        params: { organizationId, taskId: task.id },
      });
    } catch (error) {
      const { code, message } = toApiError(error);
      setQuestion(code === 'branch_exists' ? message : null);
      showErrors(code === 'branch_exists' ? {} : errorsOfFailure(error));
    } finally {
      setPending(false);
    }
  };
  const showErrors = (found: FieldErrors) => {
    setErrors(found);
    if (found.title ?? found.branch ?? found.baseBranch ?? found.modelId) setShowOptions(true);
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void create();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    if (isInputMethodKey(event.nativeEvent)) return;
    event.preventDefault();
    void create();
  };

  return (
    <form noValidate onSubmit={onSubmit} onKeyDown={onKeyDown} className="space-y-2 pt-1">
      <LabelledField label="Repository" error={errors.repositoryId}>
        {(control) => (
          <RepositorySelect
            {...control}
            value={fields.repositoryId}
            onChange={(id) => set({ repositoryId: id })}
          />
        )}
      </LabelledField>
      <LabelledField
        label="What should be done?"
        error={errors.prompt}
        hint="Becomes the first message to the agent."
      >
        {(control) => (
          <textarea
            {...control}
            // The dialog was opened to write this.
            data-initial-focus
            rows={5}
            value={fields.prompt}
            onChange={(event) => set({ prompt: event.target.value })}
            className="field resize-y text-base"
          />
        )}
      </LabelledField>
      <button
        type="button"
        aria-expanded={showOptions}
        onClick={() => setShowOptions(!showOptions)}
        className="-ml-1 flex items-center gap-1 rounded px-1 text-ink-2 hover:text-ink"
      >
        <ChevronRight aria-hidden className={showOptions ? 'size-3.5 rotate-90' : 'size-3.5'} />
        Title, branch and model
      </button>
      {showOptions && (
        <NewTaskOptions
          fields={fields}
          errors={errors}
          set={set}
          defaultBranch={organization.repositories.get(fields.repositoryId)?.defaultBranch}
          models={readModels()}
        />
      )}
      {question !== null && (
        <BranchQuestion
          message={question}
          pending={pending}
          onUse={() => void create('use')}
          onNext={() => void create('next')}
        />
      )}
      {errors.form !== undefined && (
        <Callout tone="error" title="The task was not created">
          {errors.form}
        </Callout>
      )}
      <DialogActions>
        <span className="mr-1 flex items-center gap-1 max-sm:hidden">
          <Kbd>{modifier}</Kbd>
          <Kbd>Enter</Kbd>
        </span>
        <Button type="submit" variant="primary" pending={pending}>
          Create task
        </Button>
      </DialogActions>
    </form>
  );
}

function firstRepository(asked: string | undefined, known: readonly string[]): string {
  if (asked !== undefined) return asked;
  const last = readSetting('last-repository', lastRepositorySchema);
  if (last !== null && known.includes(last)) return last;
  return known.length === 1 ? (known[0] ?? '') : '';
}
