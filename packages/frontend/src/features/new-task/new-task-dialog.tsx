import { useEffect, useRef } from 'react';
import { Dialog } from '../../ui/dialog.tsx';
import { pageId } from '../organization/organization-context.ts';
import { NewTaskForm } from './new-task-form.tsx';

interface NewTaskDialogProps {
  /** Null while closed. */
  request: { repositoryId?: string } | null;
  onClose: () => void;
}

export function NewTaskDialog({ request, onClose }: NewTaskDialogProps) {
  const created = useRef(false);
  useEffect(() => {
    if (request !== null) created.current = false;
  }, [request]);
  return (
    <Dialog
      open={request !== null}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      finalFocus={() => {
        // What had the focus may be gone with the page before.
        if (created.current) document.getElementById(pageId)?.focus({ preventScroll: true });
        return !created.current;
      }}
      title="New task"
      description="One task is one branch. The agent starts in its own workspace."
    >
      <NewTaskForm
        repositoryId={request?.repositoryId}
        onDone={() => {
          created.current = true;
          onClose();
        }}
      />
    </Dialog>
  );
}
