import { describe, expect, test } from 'vitest';
import { organizationSnapshot, task } from '../../test/samples.ts';
import { addTaskPage, applyOrganizationChange, organizationFromSnapshot } from './organization.ts';

describe('organization topic', () => {
  test('a change replaces one task and keeps every other reference', () => {
    const before = organizationFromSnapshot(organizationSnapshot());
    const renamed = task(1, { title: 'Renamed' });
    const after = applyOrganizationChange(before, {
      version: 11,
      upserts: [{ type: 'taskSummary', entity: renamed }],
      removes: [],
    });
    expect(after.version).toBe(11);
    expect(after.tasks.get('pr_7_1')).toBe(renamed);
    expect(after.tasks.get('pr_7_2')).toBe(before.tasks.get('pr_7_2'));
    expect(after.repositories).toBe(before.repositories);
    expect(before.tasks.get('pr_7_1')?.title).toBe('Task 1');
  });

  test('a repository that is found later brings what the person may do in it', () => {
    const before = organizationFromSnapshot(organizationSnapshot({ roles: { '7': 'read' } }));
    const after = applyOrganizationChange(before, {
      version: 11,
      upserts: [{ type: 'repositoryRole', entity: { id: '8', role: 'write' } }],
      removes: [],
    });
    expect(after.roles).toEqual({ '7': 'read', '8': 'write' });
  });

  test('a new snapshot keeps references of equal entities', () => {
    const before = organizationFromSnapshot(organizationSnapshot());
    const after = organizationFromSnapshot(
      organizationSnapshot({ version: 20, tasks: [task(1), task(2, { title: 'Other' })] }),
      before,
    );
    expect(after.tasks.get('pr_7_1')).toBe(before.tasks.get('pr_7_1'));
    expect(after.tasks.get('pr_7_2')?.title).toBe('Other');
    expect(after.members).toBe(before.members);
  });

  test('tasks of earlier pages stay until the last page shows that they are gone', () => {
    const complete = organizationFromSnapshot(organizationSnapshot({ tasks: [task(1), task(2), task(3)] }));
    const resumed = organizationFromSnapshot(
      organizationSnapshot({ version: 30, tasks: [task(1)], nextCursor: 'a' }),
      complete,
    );
    expect([...resumed.tasks.keys()].sort()).toEqual(['pr_7_1', 'pr_7_2', 'pr_7_3']);
    const whole = addTaskPage(resumed, 'a', { tasks: [task(2)], nextCursor: null });
    expect([...whole.tasks.keys()].sort()).toEqual(['pr_7_1', 'pr_7_2']);
    expect(whole.nextCursor).toBeNull();
  });

  test('a page does not undo changes and removals that came while it was read', () => {
    let state = organizationFromSnapshot(organizationSnapshot({ tasks: [task(1)], nextCursor: 'a' }));
    state = applyOrganizationChange(state, {
      version: 11,
      upserts: [{ type: 'taskSummary', entity: task(2, { title: 'Newer' }) }],
      removes: [{ type: 'taskSummary', id: 'pr_7_3' }],
    });
    state = addTaskPage(state, 'a', { tasks: [task(2), task(3), task(4)], nextCursor: null });
    expect(state.tasks.get('pr_7_2')?.title).toBe('Newer');
    expect(state.tasks.has('pr_7_3')).toBe(false);
    expect(state.tasks.has('pr_7_4')).toBe(true);
  });

  test('a page of another cursor is ignored', () => {
    const state = organizationFromSnapshot(organizationSnapshot({ nextCursor: 'b' }));
    expect(addTaskPage(state, 'a', { tasks: [task(9)], nextCursor: null })).toBe(state);
  });

  test('2,000 tasks take a thousand changes', () => {
    let state = organizationFromSnapshot(
      organizationSnapshot({ tasks: Array.from({ length: 2_000 }, (_, index) => task(index)) }),
    );
    for (let index = 0; index < 1_000; index += 1) {
      state = applyOrganizationChange(state, {
        version: state.version + 1,
        upserts: [{ type: 'taskSummary', entity: task(index % 2_000, { contentVersion: index + 2 }) }],
        removes: [],
      });
    }
    expect(state.tasks.get('pr_7_999')?.contentVersion).toBe(1_001);
    expect(state.tasks.size).toBe(2_000);
  });
});
