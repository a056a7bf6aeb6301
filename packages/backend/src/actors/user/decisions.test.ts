import type { Organization } from '@foundry/shared/entities';
import { describe, expect, test } from 'vitest';
import { mergeTaskState, organizationChanges } from './decisions.ts';

const ids = { taskId: 'task_00000001', organizationId: '1' };

describe('[R10] mergeTaskState', () => {
  test('begins unread and empty; given fields replace, left out ones stay', () => {
    const first = mergeTaskState(null, ids, { draft: 'Hel' });
    expect(first).toEqual({
      ...ids,
      activeSessionId: null,
      lastReadVersion: 0,
      markedUnread: false,
      draft: 'Hel',
    });
    const second = mergeTaskState(first, ids, { activeSessionId: 'session_12345678', lastReadVersion: 3 });
    expect(second).toMatchObject({ draft: 'Hel', activeSessionId: 'session_12345678', lastReadVersion: 3 });
    expect(mergeTaskState(second, ids, { activeSessionId: null }).activeSessionId).toBeNull();
  });

  test('what was read is never unread by an older tab; reading clears the mark, marking sets it', () => {
    const read = mergeTaskState(null, ids, { lastReadVersion: 7 });
    expect(mergeTaskState(read, ids, { lastReadVersion: 4 }).lastReadVersion).toBe(7);
    const marked = mergeTaskState(read, ids, { markedUnread: true });
    expect(marked).toMatchObject({ markedUnread: true, lastReadVersion: 7 });
    expect(mergeTaskState(marked, ids, { draft: 'x' }).markedUnread).toBe(true);
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
