import type { StopReason, TranscriptItem } from '@foundry/shared/transcript';
import { CatchBoundary } from '@tanstack/react-router';
import { Ban, CircleAlert, Info, ListTodo, TriangleAlert } from 'lucide-react';
import { memo } from 'react';
import { classNames } from '../../ui/class-names.ts';
import { visibleText } from '../../ui/visible-text.ts';
import { RetryMessage } from '../composer/retry-message.tsx';
import { useSession } from '../task/session-context.ts';
import { Markdown } from './markdown.tsx';
import { PermissionCard } from './permission-card.tsx';
import { Plan } from './plan.tsx';
import { Thought } from './thought.tsx';
import { ToolCallRow } from './tool-call-row.tsx';
import { turnEndWords } from './turn-end-words.ts';
import { UserMessage } from './user-message.tsx';

interface TranscriptRowProps {
  item: TranscriptItem;
  /** Its text is still growing. */
  streaming: boolean;
}

/** One entry of the conversation. One that cannot be drawn says so, and takes nothing else with it. */
export function TranscriptRow({ item, streaming }: TranscriptRowProps) {
  return (
    <CatchBoundary getResetKey={() => item.sequence} errorComponent={BrokenEntry}>
      <Entry item={item} streaming={streaming} />
    </CatchBoundary>
  );
}

function BrokenEntry() {
  return (
    <Notice level="warning" text="This entry cannot be shown. The rest of the conversation is complete." />
  );
}

/** Entries keep their object while nothing in them changes, so each renders once. */
const Entry = memo(function Entry({ item, streaming }: TranscriptRowProps) {
  const { body } = item;
  switch (body.kind) {
    case 'user_message':
      return <UserMessage body={body} atMs={item.atMs} />;
    case 'agent_text':
      return (
        <div className="py-2">
          <Markdown text={body.text} streaming={streaming} />
        </div>
      );
    case 'agent_thought':
      return <Thought text={body.text} streaming={streaming} />;
    case 'tool_call':
      return <ToolCallRow toolCall={body.toolCall} />;
    case 'plan':
      return <Plan entries={body.entries} icon={ListTodo} />;
    case 'permission_request':
      return <PermissionCard body={body} sequence={item.sequence} messageId={item.messageId ?? ''} />;
    case 'turn_end':
      return <TurnEnd stopReason={body.stopReason} error={body.error} messageId={item.messageId} />;
    case 'notice':
      return <Notice level={body.level} text={body.text} />;
  }
});

interface TurnEndProps {
  stopReason: StopReason;
  error: string | null;
  messageId: string | null;
}

function TurnEnd({ stopReason, error, messageId }: TurnEndProps) {
  const label = turnEndWords[stopReason];
  if (label === null && error === null) return <div className="h-3" />;
  if (stopReason === 'cancelled' && error === null) {
    return (
      <p className="flex items-center gap-2 py-2 text-ink-3">
        <Ban aria-hidden className="size-3.5" /> {label}
      </p>
    );
  }
  if (stopReason === 'interrupted') return <Interrupted text={error ?? label ?? ''} messageId={messageId} />;
  return (
    <div className="my-2 flex items-start gap-2 rounded-lg bg-danger-soft px-3 py-2 [overflow-wrap:anywhere]">
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-danger" />
      <div>
        {label !== null && <p className="font-medium">{label}</p>}
        {error !== null && <p className="whitespace-pre-wrap">{visibleText(error)}</p>}
      </div>
    </div>
  );
}

/** Nothing went wrong with the agent or its sandbox: it is no alarm, and goes on from here. */
function Interrupted({ text, messageId }: { text: string; messageId: string | null }) {
  const message = useSession().messages.get(messageId ?? '');
  return (
    <>
      <Notice level="warning" text={text} />
      {message?.state === 'failed' && (
        <div className="pb-2 pl-[22px]">
          <RetryMessage message={message} />
        </div>
      )}
    </>
  );
}

const levels = {
  info: { icon: Info, className: 'text-ink-3' },
  warning: { icon: TriangleAlert, className: 'text-warning' },
  error: { icon: CircleAlert, className: 'text-danger' },
};

function Notice({ level, text }: { level: keyof typeof levels; text: string }) {
  const look = levels[level];
  return (
    <p
      className={classNames(
        'flex items-start gap-2 py-1.5 [overflow-wrap:anywhere]',
        level === 'info' ? 'text-ink-3' : 'text-ink-2',
      )}
    >
      <look.icon aria-hidden className={classNames('mt-[3px] size-3.5 shrink-0', look.className)} />
      {visibleText(text)}
    </p>
  );
}
