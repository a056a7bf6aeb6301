import type { Organization } from '@foundry/shared/entities';
import { describe, expect, test } from 'vitest';
import { mergeTaskState, nextDraft, organizationChanges } from './decisions.ts';

const ids = { taskId: 'task_00000001', organizationId: '1' };

describe('[R10] mergeTaskState', () => {
  test('begins unread and empty; given fields replace, left out ones stay', () => {
    const first = mergeTaskState(null, ids, {});
    expect(first).toEqual({
      ...ids,
      activeSessionId: null,
      lastReadVersion: 0,
      markedUnread: false,
    });
    const second = mergeTaskState(first, ids, { activeSessionId: 'session_12345678', lastReadVersion: 3 });
    expect(second).toMatchObject({ activeSessionId: 'session_12345678', lastReadVersion: 3 });
    expect(mergeTaskState(second, ids, { activeSessionId: null }).activeSessionId).toBeNull();
  });

  test('what was read is never unread by an older tab; reading clears the mark, marking sets it', () => {
    const read = mergeTaskState(null, ids, { lastReadVersion: 7 });
    expect(mergeTaskState(read, ids, { lastReadVersion: 4 }).lastReadVersion).toBe(7);
    const marked = mergeTaskState(read, ids, { markedUnread: true });
    expect(marked).toMatchObject({ markedUnread: true, lastReadVersion: 7 });
    expect(mergeTaskState(marked, ids, { activeSessionId: null }).markedUnread).toBe(true);
    expect(mergeTaskState(marked, ids, { lastReadVersion: 7 }).markedUnread).toBe(false);
  });
});

describe('organizationChanges', () => {
  const account = (id: string, login: string): Organization => ({
    id,
    login,
    kind: 'organization',
    name: null,
    avatarUrl: null,
    installation: null,
  });

  test('new, renamed and gone; the same says nothing', () => {
    const before = [account('1', 'a'), account('2', 'b'), account('3', 'c')];
    const after = [account('1', 'a'), account('2', 'renamed'), account('4', 'd')];
    expect(organizationChanges(before, after)).toEqual({
      upserted: [account('2', 'renamed'), account('4', 'd')],
      removedIds: ['3'],
    });
    expect(organizationChanges(before, before)).toEqual({ upserted: [], removedIds: [] });
  });
});

describe('nextDraft', () => {
  const wish = { sessionId: 'session_12345678', text: 'hello', basedOnMs: null, writer: 'page-1' };
  const theirs = {
    ...ids,
    sessionId: wish.sessionId,
    text: 'from the train',
    writer: 'page-2',
    savedAtMs: 50,
  };

  test('a newer draft of another page is not overwritten by one that does not know it', () => {
    expect(nextDraft(theirs, ids, wish, 100)).toBeNull();
    expect(nextDraft(theirs, ids, { ...wish, basedOnMs: 40 }, 100)).toBeNull();
    expect(nextDraft(theirs, ids, { ...wish, text: '', basedOnMs: 40 }, 100)).toBeNull();
    expect(nextDraft(theirs, ids, { ...wish, basedOnMs: 50 }, 100)).toMatchObject({ text: 'hello' });
  });

  test('a page’s own save may come again, with more text or without its answer having arrived', () => {
    const mine = { ...theirs, text: 'hel', writer: 'page-1' };
    expect(nextDraft(mine, ids, wish, 100)).toMatchObject({ text: 'hello', savedAtMs: 100 });
    // Clocks go backwards; what grows must not.
    expect(nextDraft(mine, ids, wish, 20)).toMatchObject({ savedAtMs: 51 });
  });

  test('there is nothing to lose where nothing is, and where both wrote the same', () => {
    expect(nextDraft(null, ids, { ...wish, basedOnMs: 40 }, 100)).toMatchObject({ text: 'hello' });
    expect(nextDraft({ ...theirs, text: 'hello' }, ids, wish, 100)).toMatchObject({ writer: 'page-1' });
  });
});
