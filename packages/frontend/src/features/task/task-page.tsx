import { useFoundryClient } from '@foundry/client/react/hooks';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { FailureNotice } from '../../app/error-pages.tsx';
import { openTaskQuery } from '../../app/queries.ts';
import { useTitle } from '../../app/use-title.ts';
import { Loading } from '../../ui/spinner.tsx';
import { useOrganization } from '../organization/organization-context.ts';
import { TopBar } from '../organization/top-bar.tsx';
import { TaskIcon } from './task-icon.tsx';
import { TaskView } from './task-view.tsx';

/** Opens the task (which makes it exist beyond the list) and then shows it live. */
export function TaskPage() {
  const { organizationId, taskId } = useParams({
    from: '/signed-in/organizations/$organizationId/tasks/$taskId',
  });
  const { api } = useFoundryClient();
  const { organization } = useOrganization();
  const at = { organizationId, taskId };
  const opened = useQuery(openTaskQuery(api, at));
  const summary = organization.tasks.get(taskId);
  useTitle(summary?.title ?? opened.data?.task.title ?? 'Task');

  if (opened.isSuccess) return <TaskView key={taskId} at={at} />;
  return (
    <div className="flex h-full flex-col">
      <TopBar>
        {summary !== undefined && (
          <>
            <TaskIcon task={summary} />
            <h1 className="truncate font-semibold">{summary.title}</h1>
          </>
        )}
      </TopBar>
      <main id="content" className="flex min-h-0 flex-1 items-center justify-center">
        {opened.isError ? (
          <FailureNotice error={opened.error} onRetry={() => void opened.refetch()} />
        ) : (
          <Loading label="Opening the task…" />
        )}
      </main>
    </div>
  );
}
