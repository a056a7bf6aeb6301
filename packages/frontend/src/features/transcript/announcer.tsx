import type { TranscriptItem } from '@foundry/shared/transcript';
import { useSession } from '../task/session-context.ts';

/** What a screen reader hears: whole events, never the growing text. */
function announcement(item: TranscriptItem | undefined, previous: TranscriptItem | undefined): string {
  if (item === undefined) return '';
  const { body } = item;
  switch (body.kind) {
    case 'user_message':
      return `${body.author.login}: ${body.text}`;
    case 'permission_request':
      return body.answer === null ? `The agent asks for permission: ${body.title}` : '';
    case 'notice':
      return body.text;
    case 'turn_end':
      return previous?.body.kind === 'agent_text'
        ? `The agent has finished. ${previous.body.text}`
        : 'The agent has finished.';
    case 'agent_text':
    case 'agent_thought':
    case 'tool_call':
    case 'plan':
      return '';
  }
}

export function Announcer() {
  const { items } = useSession();
  return (
    <p role="status" aria-live="polite" className="sr-only">
      {announcement(items.at(-1), items.at(-2))}
    </p>
  );
}
