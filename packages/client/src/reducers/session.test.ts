import { describe, expect, test } from 'vitest';
import { item, message, session, sessionSnapshot } from '../../test/samples.ts';
import { addOlderItems, applySessionChange, sessionFromSnapshot } from './session.ts';

describe('session topic', () => {
  test('an item with a known sequence replaces it, a new one is appended', () => {
    const before = sessionFromSnapshot(sessionSnapshot());
    const after = applySessionChange(before, {
      version: 6,
      upserts: [
        { type: 'item', entity: item(12, 'longer') },
        { type: 'item', entity: item(13) },
      ],
      removes: [],
    });
    expect(after.items.map((entry) => entry.sequence)).toEqual([11, 12, 13]);
    expect(after.items[1]).toEqual(item(12, 'longer'));
    expect(after.items[0]).toBe(before.items[0]);
    expect(before.items).toHaveLength(2);
  });

  test('the first item of an empty session is taken', () => {
    const empty = sessionFromSnapshot(sessionSnapshot({ items: [], olderCursor: null }));
    const after = applySessionChange(empty, {
      version: 6,
      upserts: [{ type: 'item', entity: item(1) }],
      removes: [],
    });
    expect(after.items).toEqual([item(1)]);
  });

  test('an item older than the loaded pages waits for its page', () => {
    const before = sessionFromSnapshot(sessionSnapshot());
    const after = applySessionChange(before, {
      version: 6,
      upserts: [{ type: 'item', entity: item(3, 'old') }],
      removes: [],
    });
    expect(after.items.map((entry) => entry.sequence)).toEqual([11, 12]);
  });

  test('older pages go in front, and only if nothing is missing between', () => {
    const state = sessionFromSnapshot(sessionSnapshot());
    const joined = addOlderItems(state, { items: [item(9), item(10)], olderCursor: 9 });
    expect(joined.items.map((entry) => entry.sequence)).toEqual([9, 10, 11, 12]);
    expect(joined.olderCursor).toBe(9);
    expect(addOlderItems(state, { items: [item(5)], olderCursor: 5 })).toBe(state);
  });

  test('a new snapshot keeps older pages that join it and drops those that do not', () => {
    const paged = addOlderItems(sessionFromSnapshot(sessionSnapshot()), {
      items: [item(10)],
      olderCursor: 10,
    });
    const joined = sessionFromSnapshot(
      sessionSnapshot({ version: 9, items: [item(12, 'new'), item(13)], olderCursor: 12 }),
      paged,
    );
    expect(joined.items.map((entry) => entry.sequence)).toEqual([10, 11, 12, 13]);
    expect(joined.items[2]).toEqual(item(12, 'new'));
    expect(joined.olderCursor).toBe(10);
    const apart = sessionFromSnapshot(
      sessionSnapshot({ version: 9, items: [item(30)], olderCursor: 30 }),
      paged,
    );
    expect(apart.items.map((entry) => entry.sequence)).toEqual([30]);
    expect(apart.olderCursor).toBe(30);
  });

  test('messages and the session itself are replaced and removed', () => {
    const before = sessionFromSnapshot(
      sessionSnapshot({ messages: [message('message-1'), message('message-2')] }),
    );
    const after = applySessionChange(before, {
      version: 6,
      upserts: [
        { type: 'message', entity: message('message-1', { state: 'working' }) },
        { type: 'session', entity: { ...session, status: 'working' } },
      ],
      removes: [{ type: 'message', id: 'message-2' }],
    });
    expect(after.messages.get('message-1')?.state).toBe('working');
    expect(after.messages.has('message-2')).toBe(false);
    expect(after.session.status).toBe('working');
  });
});
