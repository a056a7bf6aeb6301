import type { TranscriptItem } from '@foundry/shared/transcript';
import { expect, test } from 'vitest';
import { announcement } from './announcement.ts';

const entry = (body: TranscriptItem['body']): TranscriptItem => ({
  sequence: 1,
  messageId: null,
  atMs: 0,
  body,
});
const long = `**Done.** | a | b |\n${'word '.repeat(20_000)}`;
const author = { userId: 'user-ada', login: 'ada', avatarUrl: null };

test('the end of a turn is said, and not what the agent wrote', () => {
  expect(announcement(entry({ kind: 'agent_text', text: long }))).toBe('');
  expect(announcement(entry({ kind: 'turn_end', stopReason: 'end_turn', error: null }))).toBe(
    'The agent has finished.',
  );
  expect(announcement(entry({ kind: 'turn_end', stopReason: 'cancelled', error: null }))).toBe('Stopped.');
});

test.each<[string, TranscriptItem['body']]>([
  ['a message', { kind: 'user_message', messageId: 'message-1', text: long, author }],
  ['a notice', { kind: 'notice', level: 'info', text: long }],
  ['a failure', { kind: 'turn_end', stopReason: 'error', error: long }],
])('of %s only the beginning is said', (_title, body) => {
  const said = announcement(entry(body));
  expect(said.length).toBeLessThan(200);
  expect(said).toMatch(/word…$/);
  expect(said).not.toContain('\n');
});
