import { ChevronRight, Lock } from 'lucide-react';
import { classNames } from '../../ui/class-names.ts';
import type { SidebarRow } from './sidebar-rows.ts';

interface RepositoryRowProps {
  row: Extract<SidebarRow, { kind: 'repository' }>;
  tabIndex: number;
  onToggle: (repositoryId: string) => void;
  onFocus: (key: string) => void;
}

export function RepositoryRow({ row, tabIndex, onToggle, onFocus }: RepositoryRowProps) {
  const { repository, collapsed, taskCount } = row;
  return (
    <button
      type="button"
      data-row={row.key}
      tabIndex={tabIndex}
      aria-expanded={!collapsed}
      onFocus={() => onFocus(row.key)}
      onClick={() => onToggle(repository.id)}
      className="flex h-full w-full items-end gap-1 rounded-md px-1.5 pb-1 text-left -outline-offset-2"
    >
      <ChevronRight
        aria-hidden
        className={classNames(
          'mb-px size-3.5 shrink-0 text-ink-3 transition-transform',
          !collapsed && 'rotate-90',
        )}
      />
      <span className="truncate text-xs font-semibold text-ink-2">{repository.name}</span>
      {repository.private && (
        <Lock role="img" aria-label="Private" className="mb-0.5 size-3 shrink-0 text-ink-3" />
      )}
      <span aria-label={`${taskCount} tasks`} className="ml-auto pr-1 text-xs text-ink-3 tabular-nums">
        {taskCount}
      </span>
    </button>
  );
}
