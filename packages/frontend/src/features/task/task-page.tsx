import { useFoundryClient } from '@foundry/client/react/hooks';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { FailureNotice } from '../../app/error-pages.tsx';
import { openTaskQuery } from '../../app/queries.ts';
import { useTitle } from '../../app/use-title.ts';
import { useOrganization } from '../organization/organization-context.ts';
import { TaskView } from './task-view.tsx';

/** Opens the task (which makes it exist beyond the list) and then shows it live. */
export function TaskPage() {
  const { organizationId, taskId } = useParams({
    from: '/signed-in/organizations/$organizationId/tasks/$taskId',
  });
  const { api } = useFoundryClient();
  const { organization } = useOrganization();
  const at = useMemo(() => ({ organizationId, taskId }), [organizationId, taskId]);
  const opened = useQuery(openTaskQuery(api, at));
  const summary = organization.tasks.get(taskId) ?? opened.data?.task;
  useTitle(summary?.title ?? 'Task');
  return (
    <TaskView
      key={taskId}
      at={at}
      summary={summary}
      opened={opened.isSuccess}
      failure={
        opened.isError ? <FailureNotice error={opened.error} onRetry={() => void opened.refetch()} /> : null
      }
    />
  );
}
