import { useFoundryClient } from '@foundry/client/react/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ExternalLink, FolderGit2, GitPullRequest, Plus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { configQuery } from '../../app/queries.ts';
import { useTitle } from '../../app/use-title.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { TabBar } from '../../ui/tab-bar.tsx';
import { Age } from '../../ui/time.tsx';
import { visibleName } from '../../ui/visible-text.ts';
import { useUser } from '../account/use-user.ts';
import { isUnread } from '../sidebar/sidebar-rows.ts';
import { ActivityDot, ConflictIcon, TaskIcon, UnreadDot } from '../task/task-icon.tsx';
import { Activity } from './activity.tsx';
import { useOrganization } from './organization-context.ts';
import { SyncProgressCard } from './sync-progress.tsx';
import { useHasRoleSomewhere } from './use-role.ts';
import { TopBar } from './top-bar.tsx';

const recentCount = 15;

export function OverviewPage() {
  const { organization, openNewTask } = useOrganization();
  const mayWrite = useHasRoleSomewhere('write');
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
          <div className="flex min-h-8 items-center justify-between gap-3">
            <p className="text-ink-2 tabular-nums">
              {counted(organization.repositories.size, 'repository', 'repositories')} ·{' '}
              {counted(organization.tasks.size, 'task', 'tasks')}
              {/* A personal account has none. */}
              {organization.members.size > 0 &&
                ` · ${counted(organization.members.size, 'member', 'members')}`}
            </p>
            {mayWrite && (
              <Button variant="primary" onClick={() => openNewTask()}>
                <Plus aria-hidden className="size-4" /> New task
              </Button>
            )}
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

function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}

/** Nothing can be done here before the App may use a repository. */
function NoRepositories() {
  const { api } = useFoundryClient();
  const config = useQuery(configQuery(api));
  const { sync } = useOrganization().organization;
  const installUrl = config.data?.installUrl ?? null;
  return (
    <EmptyState
      icon={FolderGit2}
      title="No repositories yet"
      action={
        sync.state === 'done' &&
        installUrl !== null && (
          <a href={installUrl} className={buttonClass('primary')}>
            Choose repositories on GitHub
            <ExternalLink aria-hidden className="size-3.5" />
          </a>
        )
      }
    >
      {sync.state === 'done'
        ? 'The GitHub App may use none that you can see. Give it some, and their open pull requests appear here.'
        : 'They appear here, with their open pull requests, once GitHub has been read.'}
    </EmptyState>
  );
}

function RecentTasks() {
  const { organization } = useOrganization();
  const { tasks, repositories, sync } = organization;
  const { taskStates } = useUser();
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
  if (recent.length === 0 && repositories.size === 0) return <NoRepositories />;
  if (recent.length === 0) {
    return (
      <EmptyState icon={GitPullRequest} title="No tasks yet">
        Open pull requests appear here by themselves. Or describe some work in a new task, and an agent
        begins.
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
            className="-mx-2 flex items-center gap-2.5 rounded-md px-2 py-2 -outline-offset-2 hover:bg-hover"
          >
            <TaskIcon task={task} />
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">{visibleName(task.title)}</span>
              <span className="block truncate text-xs text-ink-3">
                {repositories.get(task.repositoryId)?.name ?? 'Unknown repository'}
                {task.pullRequest !== null && ` #${task.pullRequest.number}`} · {visibleName(task.branch)}
              </span>
            </span>
            <ConflictIcon task={task} />
            <ActivityDot activity={task.activity} />
            {isUnread(task, taskStates.get(task.id)) && <UnreadDot />}
            <Age atMs={task.updatedAtMs} className="text-xs whitespace-nowrap text-ink-3 tabular-nums" />
          </Link>
        </li>
      ))}
    </ul>
  );
}
