import { expect, test } from 'vitest';
import { noticeWords } from './notice-words.ts';

const task = { branch: 'fix/login' };

test('a lost workspace names what went with it', () => {
  const lost = {
    kind: 'workspace_lost' as const,
    reason: 'The sandbox does not exist any more.',
    files: [] as string[],
  };
  expect(noticeWords({ ...lost, commits: 1, fileCount: 3 }, task).text).toContain(
    'went with it: one commit and 3 uncommitted files.',
  );
  expect(noticeWords({ ...lost, commits: 0, fileCount: 0 }, task).text).toContain(
    'Nothing that had not been published',
  );
});

test('who has to sign in again is named, and that somebody else can go on', () => {
  const { title, text } = noticeWords({ kind: 'sign_in_required', login: 'ada' }, task);
  expect(title).toBe('ada has to sign in with GitHub again');
  expect(text).toContain('whoever takes the task over can publish it');
});

test('after a force-push a merge is not what people are told', () => {
  const diverged = { kind: 'diverged', localCommits: 1, remoteCommits: 2 } as const;
  expect(noticeWords({ ...diverged, rewritten: true }, task).text).toContain(
    'would bring the removed ones back',
  );
  expect(noticeWords({ ...diverged, rewritten: false }, task).text).toContain('have to be merged');
});
