import { useFoundryClient } from '@foundry/client/react/hooks';
import { provisioningPhaseSchema } from '@foundry/shared/entities';
import type { ProvisioningPhase, TaskStatus } from '@foundry/shared/entities';
import { Check, Circle, LoaderCircle, X } from 'lucide-react';
import { useCommand } from '../../app/use-command.ts';
import { Button } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { useHasRole } from '../organization/use-role.ts';
import { FollowUp } from './follow-up.tsx';
import { useTask } from './task-context.ts';

const names: Record<ProvisioningPhase, string> = {
  queued: 'Waiting for its turn',
  creating_sandbox: 'Create the sandbox',
  starting_sandbox_agent: 'Start its server',
  cloning: 'Clone the repository',
  starting_agent: 'Start the agent',
};
const phases = provisioningPhaseSchema.options;
type StepState = 'done' | 'current' | 'failed' | 'waiting';

/** Starts or retries the workspace. */
export function useProvision() {
  const { at } = useTask();
  const { api } = useFoundryClient();
  return useCommand(() => api.provision(at), {
    at: { organizationId: at.organizationId, actor: 'task', id: at.taskId },
    failureTitle: 'The workspace did not start',
  });
}

type Preparing = Extract<TaskStatus, { state: 'pending' | 'provisioning' | 'failed' }>;

/** How far the workspace has come; on failure what the provider said, and a way to try again. */
export function ProvisioningSteps({ status }: { status: Preparing }) {
  const provision = useProvision();
  const mayWrite = useHasRole(useTask().task.repositoryId, 'write');
  const phase = status.state === 'pending' ? 'queued' : status.phase;
  const failed = status.state === 'failed';
  const current = phases.indexOf(phase);
  return (
    <section
      aria-label="Workspace"
      aria-live="polite"
      className="mx-auto w-full max-w-[420px] rounded-xl border border-line bg-raised p-4"
    >
      <h2 className="font-semibold">
        {failed ? 'The workspace could not be made' : 'Preparing the workspace'}
      </h2>
      <ol className="mt-3 space-y-2">
        {phases.map((each, index) => (
          <Step key={each} name={names[each]} state={stepState(index, current, failed)} />
        ))}
      </ol>
      {status.state === 'provisioning' && status.message !== null && (
        <p className="mt-3 [overflow-wrap:anywhere] text-ink-2">{status.message}</p>
      )}
      {status.state === 'failed' && (
        <>
          <p
            role="alert"
            className="mt-3 rounded-lg bg-danger-soft p-3 [overflow-wrap:anywhere] whitespace-pre-wrap"
          >
            {status.failure.message}
          </p>
          {mayWrite && status.failure.retryable && (
            <Button className="mt-3" pending={provision.pending} onClick={() => void provision.run()}>
              Try again
            </Button>
          )}
          {!status.failure.retryable && (
            <>
              <p className="mt-3 text-ink-2">Another try would end the same way. A new task can go on.</p>
              <div className="mt-3">
                <FollowUp />
              </div>
            </>
          )}
        </>
      )}
    </section>
  );
}

function stepState(index: number, current: number, failed: boolean): StepState {
  if (index < current) return 'done';
  if (index > current) return 'waiting';
  return failed ? 'failed' : 'current';
}

const icons = {
  done: { icon: Check, className: 'text-success', label: 'Done' },
  current: { icon: LoaderCircle, className: 'animate-spin text-accent-text', label: 'Under way' },
  failed: { icon: X, className: 'text-danger', label: 'Failed' },
  waiting: { icon: Circle, className: 'text-line-strong', label: 'Not begun' },
};

function Step({ name, state }: { name: string; state: StepState }) {
  const look = icons[state];
  return (
    <li aria-current={state === 'current' ? 'step' : undefined} className="flex items-center gap-2.5">
      <look.icon
        role="img"
        aria-label={look.label}
        className={classNames('size-4 shrink-0', look.className)}
      />
      <span className={classNames(state === 'waiting' && 'text-ink-3', state === 'current' && 'font-medium')}>
        {name}
      </span>
    </li>
  );
}
