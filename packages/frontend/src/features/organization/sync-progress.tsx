import { useFoundryClient } from '@foundry/client/react/hooks';
import type { SyncPhase, SyncProgress } from '@foundry/shared/entities';
import { useCommand } from '../../app/use-command.ts';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { clockTime } from '../../ui/time.tsx';
import { useOrganization } from './organization-context.ts';
import { useHasRoleSomewhere } from './use-role.ts';

const phases: Record<SyncPhase, string> = {
  repositories: 'Reading repositories',
  members: 'Reading members',
  pull_requests: 'Reading pull requests',
  checks: 'Reading checks',
};

function counts(sync: SyncProgress): string {
  if (sync.total !== null) return `${sync.done.toLocaleString()} of ${sync.total.toLocaleString()}`;
  return sync.done > 0 ? sync.done.toLocaleString() : '';
}

/** How far reading GitHub has come; silent when it is done. */
export function SyncProgressCard() {
  const { api } = useFoundryClient();
  const { organization } = useOrganization();
  const { sync } = organization;
  const organizationId = organization.organization.id;
  const start = useCommand(() => api.sync(organizationId), {
    at: { organizationId, actor: 'organization', id: organizationId },
    failureTitle: 'Reading GitHub did not start',
  });
  const mayRead = useHasRoleSomewhere('write') || organization.repositories.size === 0;
  const read = (label: string) =>
    mayRead ? (
      <Button size="sm" pending={start.pending} onClick={() => void start.run()}>
        {label}
      </Button>
    ) : undefined;
  const phase = sync.phase === null ? 'Reading GitHub' : phases[sync.phase];
  switch (sync.state) {
    case 'done':
      return sync.unread.length === 0 ? null : <UnreadNotice sync={sync} />;
    case 'never':
      return (
        <Callout tone="info" action={read('Read now')}>
          Repositories and pull requests have not been read from GitHub yet.
        </Callout>
      );
    case 'running':
      return (
        <div role="status" className="space-y-1.5 rounded-lg border border-line bg-raised px-3 py-2.5">
          <p className="flex justify-between gap-3 text-xs text-ink-2">
            <span>{phase}…</span>
            <span className="tabular-nums">{counts(sync)}</span>
          </p>
          <ProgressBar
            label={phase}
            value={sync.total === null || sync.total === 0 ? null : sync.done / sync.total}
          />
        </div>
      );
    case 'waiting_for_rate_limit':
      return (
        <Callout tone="warning" title="GitHub asks us to slow down">
          {phase} continues{sync.retryAtMs === null ? ' soon' : ` at ${clockTime(sync.retryAtMs)}`}.{' '}
          {counts(sync)}
        </Callout>
      );
    case 'waiting_for_github':
      return (
        <Callout tone="warning" title="GitHub does not answer">
          {phase} {nextTry(sync)} by itself. {sync.failure?.message} {counts(sync)}
        </Callout>
      );
    case 'failed':
      return (
        <Callout tone="error" title="Reading GitHub stopped" action={read('Read again')}>
          {sync.failure?.message ?? 'GitHub could not be read.'}
          {sync.retryAtMs !== null && ` It is tried again by itself at ${clockTime(sync.retryAtMs)}.`}
        </Callout>
      );
  }
}

function nextTry({ retryAtMs }: SyncProgress): string {
  return retryAtMs === null ? 'is tried again soon' : `is tried again at ${clockTime(retryAtMs)}`;
}

/** Everything else was read: what is listed stays as it was known before. */
function UnreadNotice({ sync }: { sync: SyncProgress }) {
  return (
    <Callout tone="warning" title="GitHub could not answer for everything">
      <p>What is listed here may be out of date; everything else was read. It {nextTry(sync)} by itself.</p>
      <ul className="mt-1 list-disc pl-4 [overflow-wrap:anywhere]">
        {sync.unread.map(({ name, message }) => (
          <li key={name}>
            <span className="font-medium">{name}</span>: {message}
          </li>
        ))}
      </ul>
    </Callout>
  );
}
