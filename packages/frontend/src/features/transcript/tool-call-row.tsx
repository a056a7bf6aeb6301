import type { ToolCall, ToolCallContent } from '@foundry/shared/transcript';
import {
  ArrowRightLeft,
  Ban,
  Brain,
  Check,
  ChevronRight,
  FileText,
  Globe,
  LoaderCircle,
  Pencil,
  Search,
  Terminal,
  Trash2,
  Wrench,
  X,
} from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { classNames } from '../../ui/class-names.ts';
import { Loading } from '../../ui/spinner.tsx';
import { visibleText } from '../../ui/visible-text.ts';
import { displayPath } from './display-path.ts';

const FilePairDiff = lazy(() =>
  import('../changes/diff-view.tsx').then((module) => ({ default: module.FilePairDiff })),
);

const kinds: Record<string, LucideIcon> = {
  read: FileText,
  edit: Pencil,
  delete: Trash2,
  move: ArrowRightLeft,
  search: Search,
  execute: Terminal,
  think: Brain,
  fetch: Globe,
};

const statuses = {
  pending: { icon: LoaderCircle, className: 'animate-spin text-ink-3', label: 'Waiting' },
  in_progress: { icon: LoaderCircle, className: 'animate-spin text-accent-text', label: 'Running' },
  completed: { icon: Check, className: 'text-success', label: 'Done' },
  failed: { icon: X, className: 'text-danger', label: 'Failed' },
  cancelled: { icon: Ban, className: 'text-ink-3', label: 'Cancelled' },
};

/** One use of a tool: a line that opens to its output. Diffs are open from the start, because they are what people look for. */
export function ToolCallRow({ toolCall }: { toolCall: ToolCall }) {
  const hasDiff = toolCall.content.some((content) => content.type === 'diff');
  const [chosen, setChosen] = useState<boolean | null>(null);
  const open = chosen ?? hasDiff;
  // An agent may name any kind, `constructor` too.
  const Icon = (Object.hasOwn(kinds, toolCall.kind) ? kinds[toolCall.kind] : undefined) ?? Wrench;
  const status = statuses[toolCall.status];
  const title = visibleText(toolCall.title);
  const details = toolCall.content.length > 0 || toolCall.locations.length > 0;
  return (
    <section aria-label={`Tool: ${title}`} className="my-1 overflow-hidden rounded-lg border border-line">
      <button
        type="button"
        aria-expanded={open}
        disabled={!details}
        onClick={() => setChosen(!open)}
        className="flex min-h-8 w-full items-center gap-2 px-2.5 py-1 text-left -outline-offset-2 enabled:hover:bg-hover"
      >
        <Icon aria-hidden className="size-3.5 shrink-0 text-ink-3" />
        <span className="min-w-0 truncate">{title}</span>
        <span className="ml-auto flex items-center gap-1.5">
          <status.icon
            role="img"
            aria-label={status.label}
            className={classNames('size-3.5', status.className)}
          />
          {details && (
            <ChevronRight
              aria-hidden
              className={classNames('size-3.5 text-ink-3 transition-transform', open && 'rotate-90')}
            />
          )}
        </span>
      </button>
      {open && details && (
        <div className="border-t border-line">
          {!hasDiff && <Locations locations={toolCall.locations} />}
          {toolCall.content.map((content, index) => (
            // Content has no identity of its own, and the list is always replaced whole.
            <Content key={`${content.type}-${String(index)}`} content={content} title={title} />
          ))}
        </div>
      )}
    </section>
  );
}

function Locations({ locations }: { locations: ToolCall['locations'] }) {
  if (locations.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-x-3 px-2.5 py-1.5 font-mono text-xs text-ink-2">
      {locations.map(({ path, line }) => (
        <li key={`${path}:${line ?? ''}`} className="truncate" title={path}>
          {displayPath(path)}
          {line !== null && `:${line}`}
        </li>
      ))}
    </ul>
  );
}

function Content({ content, title }: { content: ToolCallContent; title: string }) {
  if (content.type === 'diff') {
    return (
      <Suspense fallback={<Loading label="Loading the diff…" />}>
        <FilePairDiff
          path={displayPath(content.path)}
          oldText={content.oldText}
          newText={content.newText}
          showPath={!title.includes(displayPath(content.path))}
        />
      </Suspense>
    );
  }
  return (
    <pre
      // Long output scrolls inside; keyboards need to reach it.
      tabIndex={0}
      className="max-h-72 overflow-auto bg-panel px-3 py-2 font-mono text-xs leading-[18px] whitespace-pre-wrap -outline-offset-2 [overflow-wrap:anywhere]"
    >
      {visibleText(content.text)}
    </pre>
  );
}
