import { TriangleAlert } from 'lucide-react';
import { useRef, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { Popover } from '../../ui/popover.tsx';
import { currentComposer, focusComposer } from '../composer/composer-focus.ts';
import { useCanWrite } from '../composer/use-can-write.ts';
import { useDraft } from '../composer/use-draft.ts';
import { useTask } from './task-context.ts';
import { hasConflicts } from './task-icon.tsx';

/** Says that the pull request conflicts with its base, and what can be done about it; nothing otherwise. */
export function Conflicts() {
  const { task } = useTask();
  if (task.pullRequest === null || !hasConflicts(task)) return null;
  return <ConflictsWith base={task.pullRequest.baseBranch} />;
}

function ConflictsWith({ base }: { base: string }) {
  const { at } = useTask();
  const canWrite = useCanWrite();
  const [open, setOpen] = useState(false);
  const { text, setText } = useDraft(at);
  const written = useRef(false);
  const write = () => {
    const wish = `Merge ${base} into this branch, resolve the conflicts, and run the tests.`;
    if (!text.includes(wish)) setText(text.trim() === '' ? wish : `${text.trimEnd()}\n\n${wish}`);
    written.current = true;
    setOpen(false);
    // At once: Enter, pressed quickly, is for the message and not for this button again.
    focusComposer();
  };
  return (
    <Popover
      open={open}
      onOpenChange={(next) => {
        written.current = false;
        setOpen(next);
      }}
      // Whoever had it written goes on where the words are.
      finalFocus={() => (written.current ? currentComposer() : true)}
      title={`Conflicts with ${base}`}
      className="w-80"
      trigger={
        <button
          type="button"
          className="inline-flex h-5 items-center gap-1 rounded-full bg-warning-soft px-2 text-xs font-medium text-warning"
        >
          <TriangleAlert aria-hidden className="size-3.5" />
          <span className="max-w-56 truncate">
            Conflicts<span className="max-lg:sr-only"> with {base}</span>
          </span>
        </button>
      }
    >
      <p className="text-ink-2">
        Both branches changed the same lines, so GitHub cannot merge this pull request.{' '}
        {canWrite
          ? `Have the agent merge ${base} and resolve the conflicts, then update the pull request.`
          : `Whoever owns the branch has to merge ${base} into it and resolve the conflicts.`}
      </p>
      {canWrite && (
        <Button className="mt-3" onClick={write}>
          Write that to the agent
        </Button>
      )}
    </Popover>
  );
}
