import { expect, test } from 'vitest';
import { causeText, issuePlace, issueText } from './plain-words.ts';

test('a problem is told without names of actors and commands', () => {
  const issue = {
    actor: 'githubData org/42/github',
    message: 'githubData.command.syncBatch failed: GitHub answered with status 500',
  };
  expect(issuePlace(issue)).toBe('Reading and writing GitHub');
  expect(issueText(issue)).toBe('GitHub answered with status 500');
  expect(issueText({ message: 'The clone failed three times.' })).toBe('The clone failed three times.');
  expect(issuePlace({ actor: 'constructor x' })).toBe('A part of Foundry');
});

test('a cause is told in words, and an id is none', () => {
  expect(causeText({ causedBy: 'delivery:5922e061' })).toBe('told by a webhook of GitHub');
  expect(causeText({ causedBy: 'request:5922e061' })).toBeNull();
  expect(causeText({ causedBy: null })).toBeNull();
});
