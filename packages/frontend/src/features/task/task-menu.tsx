import { useFoundryClient } from '@foundry/client/react/hooks';
import { useNavigate } from '@tanstack/react-router';
import { Ellipsis, ExternalLink, Link2, MailOpen } from 'lucide-react';
import { IconButton } from '../../ui/button.tsx';
import { Menu, MenuItem, MenuLink } from '../../ui/menu.tsx';
import { showError, showSuccess } from '../../ui/toasts.tsx';
import { useTask } from './task-context.ts';
import { useSaveTaskState } from './use-save-task-state.ts';

export function TaskMenu() {
  const { at, task } = useTask();
  const { api } = useFoundryClient();
  const save = useSaveTaskState(api, at);
  const navigate = useNavigate();

  const markUnread = async () => {
    // Left first: an open task counts as read.
    await navigate({
      to: '/organizations/$organizationId',
      params: { organizationId: at.organizationId },
    });
    if (await save({ markedUnread: true })) showSuccess('Marked as unread');
  };
  const copyLink = async () => {
    const address = `${location.origin}/organizations/${at.organizationId}/tasks/${at.taskId}`;
    try {
      await navigator.clipboard.writeText(address);
      showSuccess('Link copied');
    } catch {
      // The clipboard is closed to pages served over plain HTTP.
      showError(
        'Not copied',
        `This browser does not let the page use the clipboard. The link is: ${address}`,
      );
    }
  };

  return (
    <Menu
      align="end"
      trigger={
        <IconButton label="More about this task">
          <Ellipsis aria-hidden className="size-4" />
        </IconButton>
      }
    >
      <MenuItem onClick={() => void markUnread()}>
        <MailOpen aria-hidden className="size-4 text-ink-3" />
        Mark as unread
      </MenuItem>
      <MenuItem onClick={() => void copyLink()}>
        <Link2 aria-hidden className="size-4 text-ink-3" />
        Copy link to this task
      </MenuItem>
      {task.pullRequest !== null && (
        <MenuLink href={task.pullRequest.htmlUrl}>
          <ExternalLink aria-hidden className="size-4 text-ink-3" />
          Pull request on GitHub
        </MenuLink>
      )}
    </Menu>
  );
}
