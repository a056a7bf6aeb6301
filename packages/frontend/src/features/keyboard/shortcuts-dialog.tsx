import { useState } from 'react';
import { useShortcut } from '../../app/use-shortcut.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Kbd, modifier } from '../../ui/kbd.tsx';

const shortcuts: readonly { what: string; keys: readonly string[] }[] = [
  { what: 'New task', keys: ['C'] },
  { what: 'Find a task', keys: ['/'] },
  { what: 'Move in the task list', keys: ['↑', '↓'] },
  { what: 'Write to the agent', keys: ['M'] },
  { what: 'Send', keys: ['Enter'] },
  { what: 'New line', keys: ['Shift', 'Enter'] },
  { what: 'Stop the agent', keys: [modifier, '.'] },
  { what: 'Stop while writing', keys: ['Esc', 'Esc'] },
  { what: 'Conversation or changes', keys: ['G'] },
  { what: 'Create the task (in its dialog)', keys: [modifier, 'Enter'] },
  { what: 'This list', keys: ['?'] },
];

export function ShortcutsDialog() {
  const [open, setOpen] = useState(false);
  useShortcut({ key: '?' }, () => setOpen(true));
  return (
    <Dialog open={open} onOpenChange={setOpen} title="Keyboard shortcuts" isNarrow>
      <dl className="mt-1 divide-y divide-line">
        {shortcuts.map(({ what, keys }) => (
          <div key={what} className="flex items-center justify-between gap-4 py-1.5">
            <dt className="text-ink-2">{what}</dt>
            <dd className="flex gap-1">
              {keys.map((key, index) => (
                // Esc is pressed twice.
                <Kbd key={`${key}-${String(index)}`}>{key}</Kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
