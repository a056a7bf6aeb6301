import { publishRequestSchema } from '@foundry/shared/requests';
import { useFoundryClient } from '@foundry/client/react/hooks';
import { useState } from 'react';
import type { FormEvent } from 'react';
import { useCommand } from '../../app/use-command.ts';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { Dialog, DialogActions } from '../../ui/dialog.tsx';
import { LabelledField } from '../../ui/labelled-field.tsx';
import { useTask } from '../task/task-context.ts';
import { CommitChoice } from './commit-choice.tsx';
import { uncommittedFiles } from './uncommitted-files.ts';

interface PublishDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function PublishDialog({ open, onOpenChange }: PublishDialogProps) {
  const { pullRequest } = useTask().task;
  const exists = pullRequest !== null && pullRequest.state === 'open';
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={exists ? `Update pull request #${String(pullRequest.number)}` : 'Publish pull request'}
      description="Pushes the branch’s commits to GitHub as the task’s owner, with the uncommitted files that you choose."
    >
      <PublishForm exists={exists} onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function PublishForm({ exists, onDone }: { exists: boolean; onDone: () => void }) {
  const { task, at } = useTask();
  const { api } = useFoundryClient();
  const [title, setTitle] = useState(task.pullRequest?.title ?? task.title);
  const [body, setBody] = useState('');
  const [draft, setDraft] = useState(false);
  const [titleError, setTitleError] = useState<string | undefined>(undefined);
  const files = uncommittedFiles(task.changes);
  // What appears while the dialog is open is shown, and chosen by nobody.
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => new Set(files.map(({ path }) => path)));
  const [message, setMessage] = useState(task.title);
  const [messageError, setMessageError] = useState<string | undefined>(undefined);
  const paths = files.flatMap((file) => (chosen.has(file.path) ? file.paths : []));
  const publish = useCommand(
    () =>
      api.publish(at, {
        // What was not touched is left alone: it may have been changed on GitHub meanwhile.
        ...(exists && title === task.pullRequest?.title ? {} : { title: title.trim() }),
        ...(body.trim() === '' ? {} : { body }),
        ...(exists ? {} : { draft }),
        ...(paths.length === 0 ? {} : { commit: { paths, message: message.trim() } }),
      }),
    { at: { organizationId: at.organizationId, actor: 'task', id: at.taskId }, failureTitle: null },
  );
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!publishRequestSchema.shape.title.safeParse(title).success) {
      setTitleError('Give the pull request a title of at most 256 characters.');
      return;
    }
    if (paths.length > 0) {
      const commit = publishRequestSchema.shape.commit.safeParse({ paths, message });
      if (!commit.success) {
        const tooMany = commit.error.issues.find(({ path }) => path[0] === 'paths');
        setMessageError(
          tooMany === undefined
            ? 'Say in at most 4,000 characters what the chosen files change.'
            : `The chosen files ${tooMany.message}.`,
        );
        return;
      }
    }
    if (await publish.run()) onDone();
  };
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="space-y-2 pt-1">
      <LabelledField label="Title" error={titleError}>
        {(control) => (
          <input
            {...control}
            data-initial-focus
            value={title}
            onChange={(event) => {
              setTitle(event.target.value);
              setTitleError(undefined);
            }}
            className="field"
          />
        )}
      </LabelledField>
      <LabelledField
        label="Description"
        optional
        hint={exists ? 'Left empty, the description on GitHub stays as it is.' : 'Markdown.'}
      >
        {(control) => (
          <textarea
            {...control}
            rows={6}
            value={body}
            onChange={(event) => setBody(event.target.value)}
            className="field resize-y"
          />
        )}
      </LabelledField>
      {!exists && (
        <label className="flex items-center gap-2">
          <input
            type="checkbox"
            checked={draft}
            onChange={(event) => setDraft(event.target.checked)}
            className="size-4 accent-(--accent)"
          />
          Publish as a draft
        </label>
      )}
      {files.length > 0 && (
        <CommitChoice
          files={files}
          chosen={new Set(files.flatMap(({ path }) => (chosen.has(path) ? [path] : [])))}
          onChoose={(next) => {
            setChosen(next);
            setMessageError(undefined);
          }}
          message={message}
          onMessage={(next) => {
            setMessage(next);
            setMessageError(undefined);
          }}
          messageError={messageError}
          unlisted={Math.max(0, task.changes.uncommittedFiles - (task.changes.uncommitted?.length ?? 0))}
        />
      )}
      {publish.error !== null && (
        <Callout tone="error" title="Publishing did not work">
          {publish.error.message}
        </Callout>
      )}
      <DialogActions>
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" variant="primary" pending={publish.pending}>
          {exists ? 'Update pull request' : 'Publish pull request'}
        </Button>
      </DialogActions>
    </form>
  );
}
