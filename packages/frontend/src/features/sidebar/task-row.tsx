import { Link } from '@tanstack/react-router';
import { Avatar } from '../../ui/avatar.tsx';
import { classNames } from '../../ui/class-names.ts';
import { Age } from '../../ui/time.tsx';
import { visibleName } from '../../ui/visible-text.ts';
import { ActivityDot, ConflictIcon, TaskIcon, UnreadDot } from '../task/task-icon.tsx';
import type { SidebarRow } from './sidebar-rows.ts';

interface TaskRowProps {
  row: Extract<SidebarRow, { kind: 'task' }>;
  organizationId: string;
  active: boolean;
  tabIndex: number;
  onFocus: (key: string) => void;
  onNavigate: (() => void) | undefined;
}

export function TaskRow({ row, organizationId, active, tabIndex, onFocus, onNavigate }: TaskRowProps) {
  const { task, unread } = row;
  const login = task.primaryUserLogin ?? task.pullRequest?.authorLogin ?? null;
  const avatarUrl =
    task.primaryUserLogin === null ? (task.pullRequest?.authorAvatarUrl ?? null) : task.primaryUserAvatarUrl;
  return (
    <Link
      to="/organizations/$organizationId/tasks/$taskId"
      params={{ organizationId, taskId: task.id }}
      data-row={row.key}
      tabIndex={tabIndex}
      aria-current={active ? 'page' : undefined}
      onFocus={() => onFocus(row.key)}
      {...(onNavigate === undefined ? {} : { onClick: onNavigate })}
      className={classNames(
        'flex h-[44px] items-start gap-2 rounded-md px-2 py-1 -outline-offset-2',
        active ? 'bg-selected' : 'hover:bg-hover',
      )}
    >
      <span className="pt-0.5">
        <TaskIcon task={task} />
      </span>
      <span className="min-w-0 flex-1">
        <span className="flex items-center gap-1.5">
          <span className={classNames('min-w-0 flex-1 truncate', unread && 'font-semibold')}>
            {visibleName(task.title)}
          </span>
          <ConflictIcon task={task} />
          <ActivityDot activity={task.activity} />
          {unread && <UnreadDot />}
        </span>
        <span className={classNames('flex items-center gap-1 text-xs', active ? 'text-ink-2' : 'text-ink-3')}>
          {task.pullRequest !== null && <span className="tabular-nums">#{task.pullRequest.number}</span>}
          {task.pullRequest !== null && login !== null && <span aria-hidden>·</span>}
          {login !== null && (
            <span className="flex min-w-0 items-center gap-1">
              <Avatar login={login} url={avatarUrl} size={14} />
              <span className="truncate">{login}</span>
            </span>
          )}
          <span className="ml-auto pl-1">
            <Age atMs={task.updatedAtMs} />
          </span>
        </span>
      </span>
    </Link>
  );
}
