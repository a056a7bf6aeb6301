import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { classNames } from '../../ui/class-names.ts';

export function Thought({ text, streaming }: { text: string; streaming: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <div className="py-1">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="-ml-0.5 flex items-center gap-1.5 rounded px-0.5 text-ink-3 hover:text-ink-2"
      >
        <ChevronRight
          aria-hidden
          className={classNames('size-3.5 transition-transform', open && 'rotate-90')}
        />
        <span className={classNames(streaming && 'animate-breathe')}>
          {streaming ? 'Thinking…' : 'Thought'}
        </span>
      </button>
      {open && (
        <p className="mt-1 ml-[7px] border-l-2 border-line pl-3 [overflow-wrap:anywhere] whitespace-pre-wrap text-ink-2">
          {text}
        </p>
      )}
    </div>
  );
}
