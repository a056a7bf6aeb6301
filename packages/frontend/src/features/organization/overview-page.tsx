import { Link } from '@tanstack/react-router';
import { GitPullRequest, Plus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTitle } from '../../app/use-title.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { TabBar } from '../../ui/tab-bar.tsx';
import { Age } from '../../ui/time.tsx';
import { TaskIcon } from '../task/task-icon.tsx';
import { Activity } from './activity.tsx';
import { useOrganization } from './organization-context.ts';
import { SyncProgressCard } from './sync-progress.tsx';
import { TopBar } from './top-bar.tsx';

const recentCount = 15;

export function OverviewPage() {
  const { organization, openNewTask } = useOrganization();
  const [tab, setTab] = useState<'recent' | 'activity'>('recent');
  const name = organization.organization.name ?? organization.organization.login;
  useTitle(name);
  return (
    <div className="flex h-full flex-col">
      <TopBar>
        <h1 className="truncate font-semibold">{name}</h1>
      </TopBar>
      <main id="content" className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto max-w-3xl space-y-5 px-4 py-6 md:px-8 md:py-8">
          <div className="flex flex-wrap items-end justify-between gap-3">
            <p className="text-ink-2 tabular-nums">
              {organization.repositories.size.toLocaleString()}{' '}
              {organization.repositories.size === 1 ? 'repository' : 'repositories'} ·{' '}
              {organization.tasks.size.toLocaleString()} {organization.tasks.size === 1 ? 'task' : 'tasks'} ·{' '}
              {organization.members.size.toLocaleString()}{' '}
              {organization.members.size === 1 ? 'member' : 'members'}
            </p>
            <Button variant="primary" onClick={() => openNewTask()}>
              <Plus aria-hidden className="size-4" /> New task
            </Button>
          </div>
          <SyncProgressCard />
          <TabBar
            label="Overview"
            value={tab}
            onChange={setTab}
            tabs={[
              { value: 'recent', label: 'Recent tasks' },
              { value: 'activity', label: 'Activity' },
            ]}
          />
          {tab === 'recent' ? <RecentTasks /> : <Activity organizationId={organization.organization.id} />}
        </div>
      </main>
    </div>
  );
}

function RecentTasks() {
  const { organization, openNewTask } = useOrganization();
  const { tasks, repositories, sync } = organization;
  const recent = useMemo(
    () =>
      [...tasks.values()]
        .toSorted((left, right) => right.updatedAtMs - left.updatedAtMs)
        .slice(0, recentCount),
    [tasks],
  );
  if (recent.length === 0 && sync.state === 'running') {
    return (
      <EmptyState icon={GitPullRequest} title="Reading GitHub…">
        Open pull requests appear here as they are found.
      </EmptyState>
    );
  }
  if (recent.length === 0) {
    return (
      <EmptyState
        icon={GitPullRequest}
        title="No tasks yet"
        action={
          repositories.size > 0 && (
            <Button variant="primary" onClick={() => openNewTask()}>
              New task
            </Button>
          )
        }
      >
        Open pull requests appear here by themselves. Or describe some work and let an agent begin.
      </EmptyState>
    );
  }
  return (
    <ul className="-mt-5 divide-y divide-line border-b border-line">
      {recent.map((task) => (
        <li key={task.id}>
          <Link
            to="/organizations/$organizationId/tasks/$taskId"
            params={{ organizationId: organization.organization.id, taskId: task.id }}
            className="flex items-center gap-2.5 px-1 py-2 -outline-offset-2 hover:bg-hover"
          >
            <TaskIcon task={task} />
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">{task.title}</span>
              <span className="block truncate text-xs text-ink-3">
                {repositories.get(task.repositoryId)?.name ?? 'Unknown repository'}
                {task.pullRequest !== null && ` #${task.pullRequest.number}`} · {task.branch}
              </span>
            </span>
            <Age atMs={task.updatedAtMs} className="text-xs whitespace-nowrap text-ink-3 tabular-nums" />
          </Link>
        </li>
      ))}
    </ul>
  );
}
