import type { Task, TaskNotice } from '@foundry/shared/entities';
import { visibleName } from '../../ui/visible-text.ts';

const count = (number: number, one: string, many: string) =>
  number === 1 ? `one ${one}` : `${number.toLocaleString('en')} ${many}`;

/** What a notice says: what happened, why, and what can be done. */
export function noticeWords(
  notice: TaskNotice,
  { branch }: Pick<Task, 'branch'>,
): { title: string; text: string } {
  const name = visibleName(branch);
  switch (notice.kind) {
    case 'diverged': {
      const own = count(notice.localCommits, 'commit of its own', 'commits of its own');
      return notice.rewritten
        ? {
            title: `Somebody rewrote ${name} on GitHub`,
            text: `Commits were removed there, and this workspace has ${own}. A merge would bring the removed ones back: have the agent move only its own work, or take GitHub’s version.`,
          }
        : {
            title: `Somebody pushed to ${name}`,
            text: `GitHub has ${count(notice.remoteCommits, 'commit', 'commits')} that this workspace lacks, and the workspace has ${own}. They have to be merged before the branch can be published.`,
          };
    }
    case 'pull_blocked':
      return {
        title: `${name} changed on GitHub`,
        text: `What is in this workspace keeps it from being taken over. Have the uncommitted changes committed or publish them, then check again. ${notice.reason}`,
      };
    case 'fetch_failed':
      return {
        title: `${name} could not be fetched from GitHub`,
        text: `So nobody knows whether this workspace is up to date. ${notice.reason}`,
      };
    case 'branch_missing':
      return {
        title: `${name} is gone on GitHub`,
        text: 'Somebody deleted it there. The work is still in this workspace, and publishing makes the branch anew.',
      };
    case 'sign_in_required':
      return {
        title: `${notice.login} has to sign in with GitHub again`,
        text: 'GitHub no longer accepts the sign-in that Foundry has, so nothing can be fetched or published in their name. The work is kept in the workspace, and whoever takes the task over can publish it.',
      };
    case 'workspace_lost':
      return { title: 'The workspace is gone', text: `${notice.reason} ${lostWords(notice)}` };
    case 'workspace_stopped':
      return {
        title: 'The workspace is not running',
        text: `${notice.reason} Its files are kept, and the next message starts it again.`,
      };
  }
}

function lostWords({ commits, fileCount }: Extract<TaskNotice, { kind: 'workspace_lost' }>): string {
  const lost = [
    ...(commits > 0 ? [count(commits, 'commit', 'commits')] : []),
    ...(fileCount > 0 ? [count(fileCount, 'uncommitted file', 'uncommitted files')] : []),
  ];
  return lost.length === 0
    ? 'Nothing that had not been published is known to be lost. The next message makes a new one; this conversation stays.'
    : `Work that had not been published went with it: ${lost.join(' and ')}. The next message makes a new workspace from what is on GitHub; this conversation stays.`;
}
