import { useFoundryClient } from '@foundry/client/react/hooks';
import type { Message } from '@foundry/shared/entities';
import { Pencil, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useCommand } from '../../app/use-command.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { isInputMethodKey } from '../../ui/input-method.ts';
import { useUser } from '../account/use-user.ts';
import { useSession } from '../task/session-context.ts';
import { FailedMessage, Receipt } from './receipt.tsx';
import { useCanWrite } from './use-can-write.ts';

/** A waiting message; until it is delivered it can be rewritten or taken back. */
export function QueuedMessage({ message }: { message: Message }) {
  const { api } = useFoundryClient();
  const { at } = useSession();
  const isMine = useUser().profile.id === message.author.userId;
  const canWrite = useCanWrite();
  const [editing, setEditing] = useState(false);
  const editButton = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  useEffect(() => {
    // The form that had the focus is gone.
    if (wasEditing.current && !editing) editButton.current?.focus();
    wasEditing.current = editing;
  }, [editing]);
  const outcomeAt = { organizationId: at.organizationId, actor: 'session', id: at.sessionId } as const;
  const withdraw = useCommand(() => api.withdrawMessage(at, message.id), {
    at: outcomeAt,
    failureTitle: 'The message was not withdrawn',
  });
  const edit = useCommand((text: string) => api.editMessage(at, message.id, text), {
    at: outcomeAt,
    failureTitle: 'The message was not changed',
  });

  if (editing && message.state === 'accepted') {
    return (
      <li className="p-2">
        <EditForm
          text={message.text}
          pending={edit.pending}
          onCancel={() => setEditing(false)}
          onSave={async (text) => {
            if (text === message.text || (await edit.run(text))) setEditing(false);
          }}
        />
      </li>
    );
  }
  return (
    <li className="px-3 py-2">
      <div className="flex items-center gap-2">
        <Avatar login={message.author.login} url={message.author.avatarUrl} size={16} />
        <span className="line-clamp-2 min-w-0 flex-1 [overflow-wrap:anywhere] whitespace-pre-wrap text-ink-2">
          {message.text}
        </span>
        <Receipt message={message} />
        {/* Others' messages are carried out in their name: nobody else changes them. */}
        {message.state === 'accepted' && isMine && canWrite && (
          <span className="flex">
            {message.cut !== true && (
              <IconButton ref={editButton} small label="Edit message" onClick={() => setEditing(true)}>
                <Pencil aria-hidden className="size-3.5" />
              </IconButton>
            )}
            <IconButton
              small
              label="Withdraw message"
              pending={withdraw.pending}
              onClick={() => void withdraw.run()}
            >
              <X aria-hidden className="size-4" />
            </IconButton>
          </span>
        )}
      </div>
      {message.state === 'failed' && <FailedMessage message={message} />}
    </li>
  );
}

interface EditFormProps {
  text: string;
  pending: boolean;
  onCancel: () => void;
  onSave: (text: string) => Promise<void>;
}

function EditForm({ text: original, pending, onCancel, onSave }: EditFormProps) {
  const [text, setText] = useState(original);
  const save = () => {
    if (text.trim() !== '') void onSave(text.trim());
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <textarea
        autoFocus
        aria-label="Edit message"
        rows={Math.min(8, text.split('\n').length + 1)}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (isInputMethodKey(event.nativeEvent)) return;
          if (event.key === 'Escape') onCancel();
          if (event.key === 'Enter' && !event.shiftKey) {
            event.preventDefault();
            save();
          }
        }}
        className="field resize-none text-base"
      />
      <div className="mt-1.5 flex justify-end gap-2">
        <Button size="sm" variant="ghost" onClick={onCancel}>
          Cancel
        </Button>
        <Button size="sm" type="submit" variant="primary" pending={pending} disabled={text.trim() === ''}>
          Save
        </Button>
      </div>
    </form>
  );
}
