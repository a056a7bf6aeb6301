import { MessageSquareText } from 'lucide-react';
import { EmptyState } from '../../ui/empty-state.tsx';
import { useTask } from '../task/task-context.ts';
import { TaskNotice } from '../task/task-notice.tsx';

/** In place of a transcript: what stands in the way, or what to do first. */
export function EmptyConversation() {
  const needsNotice = useTask().task.status.state !== 'ready';
  return (
    <div className="flex h-full flex-col justify-center overflow-y-auto p-4">
      {needsNotice ? (
        <div className="mx-auto my-auto w-full max-w-[520px]">
          <TaskNotice />
        </div>
      ) : (
        <EmptyState icon={MessageSquareText} title="No messages yet">
          Say what the agent should do. It works on this task’s branch in a workspace of its own.
        </EmptyState>
      )}
    </div>
  );
}
