import type { TaskAddress } from '@foundry/client/api';
import type { TaskSummary } from '@foundry/shared/entities';
import { ComposerBox } from './composer-box.tsx';
import { ComposerDock } from './composer-dock.tsx';
import { useMayWork } from './use-can-write.ts';

/** Stands in for the composer while the conversation is read: one can write at once; what is sent goes out a moment later. */
export function WaitingComposer({ at, task }: { at: TaskAddress; task: TaskSummary }) {
  if (useMayWork(task) !== 'yes') return null;
  return (
    <ComposerDock>
      <ComposerBox at={at} busy={false} stopping={false} onSend={null} onStop={() => undefined}>
        <span className="px-2 text-xs text-ink-3">Loading…</span>
      </ComposerBox>
    </ComposerDock>
  );
}
