import type { TranscriptItemBody } from '@foundry/shared/transcript';
import { CircleCheck, Circle, CircleDotDashed } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { classNames } from '../../ui/class-names.ts';

type Entries = Extract<TranscriptItemBody, { kind: 'plan' }>['entries'];

/** ACP's states of a plan entry; an unknown one counts as not begun. */
function look(status: string): { icon: LucideIcon; className: string; label: string } {
  if (status === 'completed') return { icon: CircleCheck, className: 'text-success', label: 'Done' };
  if (status === 'in_progress')
    return { icon: CircleDotDashed, className: 'text-accent-text', label: 'Under way' };
  return { icon: Circle, className: 'text-line-strong', label: 'Not begun' };
}

export function Plan({ entries, icon: Icon }: { entries: Entries; icon: LucideIcon }) {
  const doneCount = entries.filter((entry) => entry.status === 'completed').length;
  return (
    <section aria-label="Plan" className="my-2 rounded-lg border border-line px-3 py-2.5">
      <p className="flex items-center gap-2 font-medium">
        <Icon aria-hidden className="size-4 text-ink-3" /> Plan
        <span className="ml-auto font-normal text-ink-3 tabular-nums">
          {doneCount} of {entries.length}
        </span>
      </p>
      <ul className="mt-1.5 space-y-1">
        {entries.map((entry, index) => {
          const { icon: EntryIcon, className, label } = look(entry.status);
          return (
            // Entries have no identity of their own, and the list is always replaced whole.
            <li key={`${String(index)}-${entry.content}`} className="flex items-start gap-2">
              <EntryIcon
                role="img"
                aria-label={label}
                className={classNames('mt-[3px] size-3.5 shrink-0', className)}
              />
              <span className={classNames(entry.status === 'completed' && 'text-ink-3 line-through')}>
                {entry.content}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
