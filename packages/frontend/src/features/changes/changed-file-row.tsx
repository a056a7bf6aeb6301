import type { ChangedFile } from '@foundry/shared/entities';
import { ChevronRight } from 'lucide-react';
import { classNames } from '../../ui/class-names.ts';
import { visibleName } from '../../ui/visible-text.ts';
import { labelOf } from './describe-file.ts';
import { FileDiff } from './file-diff.tsx';

const statuses: Record<ChangedFile['status'], { letter: string; label: string; className: string }> = {
  added: { letter: 'A', label: 'Added', className: 'text-success' },
  modified: { letter: 'M', label: 'Modified', className: 'text-warning' },
  deleted: { letter: 'D', label: 'Deleted', className: 'text-danger' },
  renamed: { letter: 'R', label: 'Renamed', className: 'text-accent-text' },
  copied: { letter: 'C', label: 'Copied', className: 'text-accent-text' },
  type_changed: { letter: 'T', label: 'Type changed', className: 'text-accent-text' },
};

interface ChangedFileRowProps {
  file: ChangedFile;
  open: boolean;
  onToggle: () => void;
}

export function ChangedFileRow({ file, open, onToggle }: ChangedFileRowProps) {
  const status = statuses[file.status];
  const path = visibleName(file.path);
  const slash = path.lastIndexOf('/') + 1;
  const label = labelOf(file);
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        onClick={onToggle}
        title={file.oldPath === null ? path : `${visibleName(file.oldPath)} → ${path}`}
        className="sticky top-0 z-10 flex h-8 w-full items-center gap-1.5 bg-canvas px-3 text-left -outline-offset-2 hover:bg-panel"
      >
        <ChevronRight
          aria-hidden
          className={classNames('size-3.5 shrink-0 text-ink-3 transition-transform', open && 'rotate-90')}
        />
        <abbr
          title={status.label}
          className={classNames('w-3 shrink-0 text-center font-mono text-xs no-underline', status.className)}
        >
          {status.letter}
        </abbr>
        <span className="sr-only">{path}</span>
        {/* Two parts, so that a long path loses its folders before its name. */}
        <span aria-hidden className="flex min-w-0 flex-1">
          <span className="truncate text-ink-3">{path.slice(0, slash)}</span>
          <span className="max-w-full shrink-0 truncate">{path.slice(slash)}</span>
        </span>
        {label !== null && <span className="shrink-0 text-xs text-ink-3">{label}</span>}
        {!file.committed && (
          <span title="Not committed yet" className="text-xs text-ink-3">
            uncommitted
          </span>
        )}
        <Counts additions={file.additions} deletions={file.deletions} />
      </button>
      {open && (
        <div className="overflow-hidden border-y border-line">
          <FileDiff file={file} />
        </div>
      )}
    </li>
  );
}

/** Lines added and removed; null for binary files. */
export function Counts({ additions, deletions }: { additions: number | null; deletions: number | null }) {
  if (additions === null || deletions === null) return <span className="text-xs text-ink-3">binary</span>;
  return (
    <span className="shrink-0 font-mono text-xs tabular-nums">
      <span className="text-success">+{additions}</span> <span className="text-danger">−{deletions}</span>
    </span>
  );
}
