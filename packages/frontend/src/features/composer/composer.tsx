import { maxMessageLength } from '@foundry/shared/requests';
import { useFoundryClient } from '@foundry/client/react/hooks';
import { ArrowUp, Square } from 'lucide-react';
import { useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { useCommand } from '../../app/use-command.ts';
import { useShortcut } from '../../app/use-shortcut.ts';
import { Button } from '../../ui/button.tsx';
import { modifier } from '../../ui/kbd.tsx';
import { useSession } from '../task/session-context.ts';
import { useTask } from '../task/task-context.ts';
import { ModelPicker } from './model-picker.tsx';
import { useDraft } from './use-draft.ts';

/** Two presses of Escape within this time stop the agent, in milliseconds. */
const doublePressMs = 700;

export function Composer() {
  const { at, session } = useSession();
  const { task } = useTask();
  const { api, outgoing } = useFoundryClient();
  const { text, setText } = useDraft();
  const input = useRef<HTMLTextAreaElement>(null);
  const lastEscapeMs = useRef(0);
  const stop = useCommand(() => api.stop(at), {
    at: { organizationId: at.organizationId, actor: 'session', id: at.sessionId },
    failureTitle: 'The agent was not stopped',
  });
  const busy = session.status === 'working' || session.status === 'waiting_for_permission';
  const stopping = session.status === 'stopping' || stop.pending;
  useShortcut({ key: 'm' }, () => input.current?.focus());
  useShortcut({ key: '.', withModifier: true, whileTyping: true }, () => void stop.run(), busy);

  const closed =
    task.status.state === 'merged' || task.status.state === 'closed' || task.pullRequest?.fromFork === true;
  if (closed) return null;
  const tooLong = text.trim().length > maxMessageLength;
  const send = () => {
    if (text.trim() === '' || tooLong) return;
    void outgoing.send(at, text.trim());
    setText('');
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // An input method's own Enter picks a word.
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    }
    if (event.key === 'Escape' && busy) {
      if (event.timeStamp - lastEscapeMs.current < doublePressMs) void stop.run();
      lastEscapeMs.current = event.timeStamp;
    }
  };

  return (
    <div className="rounded-xl border border-line-strong bg-raised focus-within:border-accent focus-within:ring-1 focus-within:ring-accent">
      <textarea
        ref={input}
        aria-label="Message to the agent"
        placeholder={busy ? 'Write the next message; it waits for its turn' : 'Message the agent'}
        value={text}
        rows={1}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="block field-sizing-content max-h-[35vh] min-h-11 w-full resize-none bg-transparent px-3.5 pt-3 text-base outline-none placeholder:text-ink-3"
      />
      <div className="flex items-center gap-2 px-2 pb-2">
        <ModelPicker />
        <span className="ml-auto flex items-center gap-2">
          {tooLong && (
            <span role="alert" className="text-xs text-danger tabular-nums">
              {(text.trim().length - maxMessageLength).toLocaleString()} characters too long
            </span>
          )}
          {(busy || stopping) && (
            <Button
              variant="danger"
              pending={stopping}
              title={`${modifier}+. or Esc twice`}
              onClick={() => void stop.run()}
            >
              {!stopping && <Square aria-hidden className="size-3 fill-current" />}
              {stopping ? 'Stopping…' : 'Stop'}
            </Button>
          )}
          <Button
            variant="primary"
            disabled={text.trim() === '' || tooLong}
            onClick={send}
            aria-label={busy ? 'Queue message' : 'Send message'}
            size="icon"
          >
            <ArrowUp aria-hidden className="size-4" />
          </Button>
        </span>
      </div>
    </div>
  );
}
