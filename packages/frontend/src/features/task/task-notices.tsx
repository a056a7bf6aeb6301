import { useFoundryClient } from '@foundry/client/react/hooks';
import type { Task, TaskNotice } from '@foundry/shared/entities';
import { useState } from 'react';
import { useCommand } from '../../app/use-command.ts';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { Dialog, DialogActions } from '../../ui/dialog.tsx';
import { visibleName } from '../../ui/visible-text.ts';
import { focusComposer } from '../composer/composer-focus.ts';
import { useCanWrite } from '../composer/use-can-write.ts';
import { useDraft } from '../composer/use-draft.ts';
import { noticeWords } from './notice-words.ts';
import { useProvision } from './provisioning-steps.tsx';
import { SignInWays } from './sign-in-ways.tsx';
import { useTask } from './task-context.ts';

/** What is not as it should be with the task's branch or workspace, each with its ways on; nothing while all is well. */
export function TaskNotices() {
  const { task } = useTask();
  const notices = task.changes.notices ?? [];
  if (notices.length === 0) return null;
  return (
    <section
      aria-label="Notices"
      aria-live="polite"
      className="max-h-[40vh] shrink-0 space-y-2 overflow-y-auto border-b border-line p-3"
    >
      {notices.map((notice) => (
        <Notice key={notice.kind} notice={notice} task={task} />
      ))}
    </section>
  );
}

function Notice({ notice, task }: { notice: TaskNotice; task: Task }) {
  const canWrite = useCanWrite();
  const { title, text } = noticeWords(notice, task);
  return (
    <Callout tone={notice.kind === 'workspace_stopped' ? 'info' : 'warning'} title={title}>
      <p>{text}</p>
      {notice.kind === 'workspace_lost' && notice.files.length > 0 && <LostFiles notice={notice} />}
      {canWrite && (
        <div className="mt-2 flex flex-wrap gap-2">
          <WaysOn notice={notice} task={task} />
        </div>
      )}
    </Callout>
  );
}

function LostFiles({ notice }: { notice: Extract<TaskNotice, { kind: 'workspace_lost' }> }) {
  const more = notice.fileCount - notice.files.length;
  return (
    <details className="mt-1">
      <summary className="cursor-pointer">Lost files</summary>
      <ul className="mt-1 font-mono text-xs">
        {notice.files.map((path) => (
          <li key={path}>{visibleName(path)}</li>
        ))}
        {more > 0 && <li>and {more.toLocaleString('en')} more</li>}
      </ul>
    </details>
  );
}

function WaysOn({ notice, task }: { notice: TaskNotice; task: Task }) {
  switch (notice.kind) {
    case 'diverged':
      return (
        <>
          <WriteToAgent
            wish={
              notice.rewritten
                ? `GitHub's ${task.branch} was rewritten. Fetch it, move only our own commits on top of origin/${task.branch}, without those that were removed there, and run the tests.`
                : `Merge origin/${task.branch} into this branch, resolve the conflicts, and run the tests.`
            }
          />
          <TakeGitHubs />
          <CheckAgain />
        </>
      );
    case 'pull_blocked':
      return (
        <>
          <WriteToAgent wish="Commit your work in progress on this branch." />
          <CheckAgain />
        </>
      );
    case 'fetch_failed':
    case 'branch_missing':
      return <CheckAgain />;
    case 'sign_in_required':
      return (
        <>
          <SignInWays />
          <CheckAgain />
        </>
      );
    case 'workspace_lost':
      return <StartWorkspace label="Start a new workspace" />;
    case 'workspace_stopped':
      return <StartWorkspace label="Start the workspace" />;
  }
}

function usePull(failureTitle: string) {
  const { at } = useTask();
  const { api } = useFoundryClient();
  return useCommand((discard: boolean) => api.pullBranch(at, discard), {
    at: { organizationId: at.organizationId, actor: 'task', id: at.taskId },
    failureTitle,
  });
}

function CheckAgain() {
  const { task } = useTask();
  const pull = usePull('GitHub’s branch was not looked at');
  if (task.status.state !== 'ready') return null;
  return (
    <Button size="sm" pending={pull.pending} onClick={() => void pull.run(false)}>
      Check again
    </Button>
  );
}

function TakeGitHubs() {
  const { task } = useTask();
  const [open, setOpen] = useState(false);
  const pull = usePull('GitHub’s version was not taken');
  if (task.status.state !== 'ready') return null;
  const take = async () => {
    if (await pull.run(true)) setOpen(false);
  };
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Take GitHub’s version…
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title="Take GitHub’s version?"
        description={`The workspace’s own commits and uncommitted changes on ${task.branch} are put aside, and the branch becomes what it is on GitHub.`}
      >
        <p className="text-ink-2">
          They stay in the workspace’s repository below <code>refs/foundry/backup</code>, as long as the
          workspace exists. The agent can get them back from there.
        </p>
        <DialogActions>
          <Button onClick={() => setOpen(false)}>Cancel</Button>
          <Button variant="primary" pending={pull.pending} onClick={() => void take()}>
            Put aside and take GitHub’s
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}

function StartWorkspace({ label }: { label: string }) {
  const { task } = useTask();
  const provision = useProvision();
  if (task.status.state !== 'dormant') return null;
  return (
    <Button size="sm" pending={provision.pending} onClick={() => void provision.run()}>
      {label}
    </Button>
  );
}

function WriteToAgent({ wish }: { wish: string }) {
  const { at } = useTask();
  const { text, setText } = useDraft(at);
  const write = () => {
    if (!text.includes(wish)) setText(text.trim() === '' ? wish : `${text.trimEnd()}\n\n${wish}`);
    focusComposer();
  };
  return (
    <Button size="sm" onClick={write}>
      Write that to the agent
    </Button>
  );
}
