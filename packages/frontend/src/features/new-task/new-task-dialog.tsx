import { Dialog } from '../../ui/dialog.tsx';
import { NewTaskForm } from './new-task-form.tsx';

interface NewTaskDialogProps {
  /** Null while closed. */
  request: { repositoryId?: string } | null;
  onClose: () => void;
}

export function NewTaskDialog({ request, onClose }: NewTaskDialogProps) {
  return (
    <Dialog
      open={request !== null}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title="New task"
      description="One task is one branch. The agent starts in its own workspace."
    >
      <NewTaskForm repositoryId={request?.repositoryId} onDone={onClose} />
    </Dialog>
  );
}
