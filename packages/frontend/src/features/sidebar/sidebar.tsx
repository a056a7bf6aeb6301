import { useParams } from '@tanstack/react-router';
import { Inbox, Plus } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { z } from 'zod';
import { readSetting, writeSetting } from '../../app/local-setting.ts';
import { useShortcut } from '../../app/use-shortcut.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { useUser } from '../account/use-user.ts';
import { useOrganization } from '../organization/organization-context.ts';
import { OrganizationSwitcher } from '../organization/organization-switcher.tsx';
import { SyncProgressCard } from '../organization/sync-progress.tsx';
import { useHasRoleSomewhere } from '../organization/use-role.ts';
import type { TaskPages } from '../organization/use-all-task-pages.ts';
import { SidebarList } from './sidebar-list.tsx';
import { sidebarRows } from './sidebar-rows.ts';
import type { SidebarFilter } from './sidebar-rows.ts';
import { SidebarSearch } from './sidebar-search.tsx';

const collapsedSchema = z.array(z.string());

export function Sidebar({ pages, onNavigate }: { pages: TaskPages; onNavigate?: () => void }) {
  const { organization, openNewTask } = useOrganization();
  const mayWrite = useHasRoleSomewhere('write');
  const { profile, taskStates } = useUser();
  const { taskId = null } = useParams({ strict: false });
  const [search, setSearch] = useState('');
  const [filter, setFilter] = useState<SidebarFilter>('open');
  const [collapsed, setCollapsed] = useState(() => new Set(readSetting('collapsed', collapsedSchema)));
  const searchInput = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLElement>(null);
  useShortcut({ key: '/' }, () => searchInput.current?.focus());

  const { repositories, tasks, sync } = organization;
  const isReading = repositories.size === 0 && (sync.state === 'running' || sync.state === 'never');
  const rows = useMemo(
    () => sidebarRows({ repositories, tasks, taskStates, search, filter, collapsed, login: profile.login }),
    [repositories, tasks, taskStates, search, filter, collapsed, profile.login],
  );
  const toggle = (repositoryId: string) => {
    const next = new Set(collapsed);
    if (!next.delete(repositoryId)) next.add(repositoryId);
    setCollapsed(next);
    writeSetting('collapsed', [...next]);
  };

  return (
    <aside aria-label="Sidebar" className="flex h-full flex-col bg-panel">
      <div className="flex h-12 shrink-0 items-center gap-1 px-2">
        <OrganizationSwitcher />
        {mayWrite && (
          <IconButton label="New task" onClick={() => openNewTask()}>
            <Plus aria-hidden className="size-[18px]" />
          </IconButton>
        )}
      </div>
      <div className="space-y-2 px-3 pb-2">
        <SidebarSearch
          ref={searchInput}
          search={search}
          onSearch={setSearch}
          filter={filter}
          onFilter={setFilter}
          onDown={() => list.current?.querySelector<HTMLElement>('a[data-row]')?.focus()}
        />
        {/* The overview shows it larger. */}
        {taskId !== null && <SyncProgressCard />}
      </div>
      {rows.length === 0 && isReading ? (
        <div className="flex-1" />
      ) : rows.length === 0 ? (
        <EmptyState
          icon={Inbox}
          title={repositories.size === 0 ? 'No repositories' : 'No tasks found'}
          action={
            (search !== '' || filter !== 'open') && (
              <Button
                size="sm"
                onClick={() => {
                  setSearch('');
                  setFilter('open');
                }}
              >
                Show open tasks
              </Button>
            )
          }
        >
          {repositories.size === 0
            ? 'Repositories that the GitHub App may use, and that you may see, appear here.'
            : 'Nothing matches the search and filter.'}
        </EmptyState>
      ) : (
        <SidebarList
          ref={list}
          rows={rows}
          organizationId={organization.organization.id}
          activeTaskId={taskId}
          onToggle={toggle}
          onNavigate={onNavigate}
        />
      )}
      <PagesFooter pages={pages} />
    </aside>
  );
}

function PagesFooter({ pages }: { pages: TaskPages }) {
  if (pages.error !== null) {
    return (
      <div role="alert" className="flex items-center gap-2 border-t border-line px-3 py-2 text-ink-2">
        <span className="min-w-0 flex-1">Not all tasks are loaded. {pages.error.message}</span>
        <Button size="sm" onClick={pages.retry}>
          Try again
        </Button>
      </div>
    );
  }
  if (!pages.loading) return null;
  return (
    <div role="status" className="flex items-center gap-2 border-t border-line px-3 py-2 text-xs text-ink-3">
      <Spinner /> Loading more tasks…
    </div>
  );
}
