import { ListFilter, Search } from 'lucide-react';
import type { Ref } from 'react';
import { classNames } from '../../ui/class-names.ts';
import { isInputMethodKey } from '../../ui/input-method.ts';
import { Menu, MenuChoices } from '../../ui/menu.tsx';
import type { SidebarFilter } from './sidebar-rows.ts';

const filters: readonly { value: SidebarFilter; label: string }[] = [
  { value: 'open', label: 'Open' },
  { value: 'mine', label: 'Mine' },
  { value: 'active', label: 'Agent at work' },
  { value: 'unread', label: 'Unread' },
  { value: 'all', label: 'All, with merged and closed' },
];

interface SidebarSearchProps {
  ref: Ref<HTMLInputElement>;
  search: string;
  onSearch: (search: string) => void;
  filter: SidebarFilter;
  onFilter: (filter: SidebarFilter) => void;
  /** The arrow key that leads from the field to what it found. */
  onDown: () => void;
}

export function SidebarSearch({ ref, search, onSearch, filter, onFilter, onDown }: SidebarSearchProps) {
  const current = filters.find((candidate) => candidate.value === filter);
  const choose = (value: string) => {
    const chosen = filters.find((candidate) => candidate.value === value);
    if (chosen !== undefined) onFilter(chosen.value);
  };
  return (
    <div className="relative">
      <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-3.5 text-ink-3" />
      <input
        ref={ref}
        type="search"
        value={search}
        onChange={(event) => onSearch(event.target.value)}
        onKeyDown={(event) => {
          if (isInputMethodKey(event.nativeEvent)) return;
          if (event.key === 'ArrowDown') {
            event.preventDefault();
            onDown();
          }
          if (event.key !== 'Escape') return;
          if (search === '') event.currentTarget.blur();
          onSearch('');
        }}
        placeholder="Find a task"
        aria-label="Find a task"
        className="field h-[30px] pr-9 pl-8 [&::-webkit-search-cancel-button]:hidden"
      />
      <Menu
        align="end"
        trigger={
          <button
            type="button"
            aria-label={`Filter: ${current?.label ?? filter}`}
            title={`Filter: ${current?.label ?? filter}`}
            className={classNames(
              'absolute top-[3px] right-[3px] inline-flex size-6 items-center justify-center rounded-md hover:bg-hover',
              filter === 'open' ? 'text-ink-3' : 'bg-accent-soft text-accent-text',
            )}
          >
            <ListFilter aria-hidden className="size-3.5" />
          </button>
        }
      >
        <MenuChoices label="Filter" value={filter} onChange={choose} choices={filters} />
      </Menu>
    </div>
  );
}
