import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import type { KeyboardEvent, Ref } from 'react';
import { RepositoryRow } from './repository-row.tsx';
import type { SidebarRow } from './sidebar-rows.ts';
import { TaskRow } from './task-row.tsx';

const repositoryRowHeight = 32;
const taskRowHeight = 46;

interface SidebarListProps {
  ref: Ref<HTMLElement>;
  rows: readonly SidebarRow[];
  organizationId: string;
  activeTaskId: string | null;
  onToggle: (repositoryId: string) => void;
  onNavigate: (() => void) | undefined;
}

/** Only the visible rows are in the page. One row takes part in tabbing; the arrow keys move among all. */
export function SidebarList({
  ref,
  rows,
  organizationId,
  activeTaskId,
  onToggle,
  onNavigate,
}: SidebarListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [focusKey, setFocusKey] = useState<string | null>(null);
  const indexOf = (key: string | null) => rows.findIndex((row) => row.key === key);
  const tabKey = [focusKey, activeTaskId, rows[0]?.key ?? null].find((key) => indexOf(key) >= 0) ?? null;
  const tabRow = indexOf(tabKey);
  // The React compiler is not used here, which is what this rule is about: the virtualizer changes in place.
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index]?.kind === 'repository' ? repositoryRowHeight : taskRowHeight),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 12,
    // Scrolled out of view, the one row that takes part in tabbing stays in the page.
    rangeExtractor: (range) => {
      const visible = defaultRangeExtractor(range);
      if (tabRow < 0 || visible.includes(tabRow)) return visible;
      return [...visible, tabRow].toSorted((left, right) => left - right);
    },
  });

  const scrollToActive = useEffectEvent(() => {
    const index = indexOf(activeTaskId);
    if (index >= 0) virtualizer.scrollToIndex(index, { align: 'auto' });
  });
  useEffect(() => scrollToActive(), [activeTaskId]);

  const focusRow = (index: number) => {
    const row = rows[index];
    if (row === undefined) return;
    setFocusKey(row.key);
    virtualizer.scrollToIndex(index, { align: 'auto' });
    const find = () => scroller.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(row.key)}"]`);
    const element = find();
    // At once where it can be: the next key, pressed quickly, belongs to the new row.
    if (element !== null && element !== undefined) element.focus({ preventScroll: true });
    else requestAnimationFrame(() => find()?.focus());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const next = { ArrowDown: tabRow + 1, ArrowUp: tabRow - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    focusRow(Math.max(0, Math.min(rows.length - 1, next)));
  };

  return (
    <nav ref={ref} aria-label="Tasks" className="min-h-0 flex-1">
      {/* The handler serves the links inside; the container itself takes no focus. */}
      <div ref={scroller} className="h-full overflow-y-auto px-1.5 pb-3" onKeyDown={onKeyDown}>
        <ul className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            const tabIndex = row.key === tabKey ? 0 : -1;
            return (
              <li
                key={item.key}
                className="absolute inset-x-0"
                style={{ height: item.size, transform: `translateY(${item.start}px)` }}
              >
                {row.kind === 'repository' ? (
                  <RepositoryRow row={row} tabIndex={tabIndex} onToggle={onToggle} onFocus={setFocusKey} />
                ) : (
                  <TaskRow
                    row={row}
                    organizationId={organizationId}
                    active={row.task.id === activeTaskId}
                    tabIndex={tabIndex}
                    onFocus={setFocusKey}
                    onNavigate={onNavigate}
                  />
                )}
              </li>
            );
          })}
        </ul>
      </div>
    </nav>
  );
}
