import type { TaskAddress } from '@foundry/client/api';
import { maxTextSizeBytes } from '@foundry/shared/requests';
import { textSizeBytes } from '@foundry/shared/text-size';
import { ArrowUp, Square } from 'lucide-react';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { useShortcut } from '../../app/use-shortcut.ts';
import { Button } from '../../ui/button.tsx';
import { isInputMethodKey } from '../../ui/input-method.ts';
import { modifier } from '../../ui/kbd.tsx';
import { useComposerFocus } from './composer-focus.ts';
import { NewerDraft } from './newer-draft.tsx';
import { forgetWish, isWished, wishToSend } from './send-wish.ts';
import { useDraft } from './use-draft.ts';

/** Two presses of Escape within this time stop the agent, in milliseconds. */
const doublePressMs = 700;

interface ComposerBoxProps {
  at: TaskAddress;
  /** The agent works, so that a message will wait and a stop makes sense. */
  busy: boolean;
  stopping: boolean;
  /** True once the text is taken care of; false keeps it for another try. Null while nothing can be sent yet: what is sent then goes out later. */
  onSend: ((text: string) => boolean | Promise<boolean>) | null;
  onStop: () => void;
  /** Stands at the left below the text. */
  children: ReactNode;
}

/** Where messages are written: Enter sends, Shift and Enter begins a line. */
export function ComposerBox({ at, busy, stopping, onSend, onStop, children }: ComposerBoxProps) {
  const [sending, setSending] = useState(false);
  const { text, setText, theirs, choose } = useDraft(at, { hold: sending });
  const input = useRef<HTMLTextAreaElement>(null);
  const lastEscapeMs = useRef(Number.NEGATIVE_INFINITY);
  useShortcut({ key: '.', withModifier: true, whileTyping: true }, onStop, busy);

  const excessBytes = textSizeBytes(text.trim()) - maxTextSizeBytes;
  const tooLong = excessBytes > 0;
  const [wished, setWished] = useState(() => onSend === null && isWished(at.taskId, text.trim()));
  const cannotSend = text.trim() === '' || tooLong || sending || wished;
  const send = async () => {
    if (text.trim() === '' || tooLong || sending) return;
    if (onSend === null) {
      wishToSend(at.taskId, text.trim());
      setWished(true);
      return;
    }
    const taken = onSend(text.trim());
    if (taken === true) {
      setText('');
    } else {
      setSending(true);
      if (await taken) setText('');
      setSending(false);
    }
    input.current?.focus();
  };
  const canSend = onSend !== null;
  const sendWished = useEffectEvent(() => {
    if (isWished(at.taskId, text.trim())) void send();
    forgetWish();
    setWished(false);
  });
  useEffect(() => {
    if (!canSend) return;
    const timer = setTimeout(() => sendWished());
    return () => clearTimeout(timer);
  }, [canSend]);
  const change = (next: string) => {
    forgetWish();
    setWished(false);
    setText(next);
  };
  useComposerFocus(input, at.taskId, (typed) => change(text + typed));
  const onKeyDown = (event: KeyboardEvent) => {
    if (isInputMethodKey(event.nativeEvent)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      void send();
    }
    if (event.key === 'Escape' && busy) {
      if (event.timeStamp - lastEscapeMs.current < doublePressMs) onStop();
      lastEscapeMs.current = event.timeStamp;
    }
  };

  return (
    <>
      {theirs !== null && <NewerDraft theirs={theirs} onChoose={choose} />}
      <div className="rounded-xl border border-line-strong bg-raised focus-within:border-accent focus-within:ring-1 focus-within:ring-accent">
        <textarea
          ref={input}
          aria-label="Message to the agent"
          placeholder={busy ? 'Write the next message; it waits for its turn' : 'Message the agent'}
          value={text}
          rows={1}
          readOnly={sending}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
          className="block field-sizing-content max-h-[35vh] min-h-11 w-full resize-none bg-transparent px-3.5 pt-3 text-base outline-none placeholder:text-ink-3"
        />
        <div className="flex items-center gap-2 px-2 pb-2">
          {children}
          <span className="ml-auto flex items-center gap-2">
            {tooLong && (
              <span role="alert" className="text-xs text-danger tabular-nums">
                {Math.ceil(excessBytes / 1_000).toLocaleString('en')} kB too long: shorten it, or put it into
                a file
              </span>
            )}
            {(busy || stopping) && (
              <Button
                variant="danger"
                pending={stopping}
                title={`${modifier}+. or Esc twice`}
                onClick={onStop}
              >
                {!stopping && <Square aria-hidden className="size-3 fill-current" />}
                {stopping ? 'Stopping…' : 'Stop'}
              </Button>
            )}
            <Button
              variant="primary"
              size="icon"
              disabled={cannotSend}
              pending={sending || wished}
              onClick={() => void send()}
              aria-label={busy ? 'Queue message' : 'Send message'}
            >
              {!sending && !wished && <ArrowUp aria-hidden className="size-4" />}
            </Button>
          </span>
        </div>
      </div>
    </>
  );
}
