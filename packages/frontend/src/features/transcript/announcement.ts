import type { TranscriptItem } from '@foundry/shared/transcript';
import { turnEndWords } from './turn-end-words.ts';

/** A screen reader cannot be told to skip: what it says by itself stays as short as this, in characters. */
const announcedLength = 160;

/** The beginning of a text, in one line, cut between words. */
function briefly(text: string): string {
  const line = text
    .slice(0, 4 * announcedLength)
    .replaceAll(/\s+/g, ' ')
    .trim();
  if (line.length <= announcedLength && text.length <= 4 * announcedLength) return line;
  const cut = line.slice(0, announcedLength);
  const lastSpace = cut.lastIndexOf(' ');
  return `${cut.slice(0, lastSpace > announcedLength / 2 ? lastSpace : announcedLength)}…`;
}

/** What a screen reader hears of an entry: that it happened. What the agent wrote is read where it stands. */
export function announcement(item: TranscriptItem | undefined): string {
  if (item === undefined) return '';
  const { body } = item;
  switch (body.kind) {
    case 'user_message':
      return `${body.author.login}: ${briefly(body.text)}`;
    case 'permission_request':
      return body.answer === null ? `The agent asks for permission: ${briefly(body.title)}` : '';
    case 'notice':
      return briefly(body.text);
    case 'turn_end': {
      const words = turnEndWords[body.stopReason] ?? 'The agent has finished';
      return body.error === null ? `${words}.` : `${words}. ${briefly(body.error)}`;
    }
    case 'agent_text':
    case 'agent_thought':
    case 'tool_call':
    case 'plan':
      return '';
  }
}
