import type { TaskSummary } from '@foundry/shared/entities';
import { Eye } from 'lucide-react';
import { Callout } from '../../ui/callout.tsx';
import { useOrganization } from '../organization/organization-context.ts';

/** Stands in the composer's place for those who may look on but not work on the task. */
export function WatchOnly({ task }: { task: TaskSummary }) {
  const repository = useOrganization().organization.repositories.get(task.repositoryId);
  return (
    <Callout tone="info" icon={Eye} title="You are watching">
      On GitHub you may read {repository?.fullName ?? 'this repository'} but not write to it, so you can
      follow this task and not work on it. Whoever administers the repository can give you the role Write.
    </Callout>
  );
}
