import { describe, expect, test } from 'vitest';
import { organizationSnapshot, task } from '../../test/samples.ts';
import { organizationFromSnapshot } from './organization.ts';
import { applyChanges } from './topic-state.ts';

const titled = (version: number, title: string) => ({
  version,
  upserts: [{ type: 'taskSummary' as const, entity: task(1, { title }) }],
  removes: [],
});

describe('applyChanges', () => {
  const state = organizationFromSnapshot(organizationSnapshot({ version: 10 }));

  test('applies in order and drops versions already seen', () => {
    const result = applyChanges('organization', state, {
      sinceVersion: 9,
      changes: [titled(10, 'old'), titled(11, 'a'), titled(12, 'b')],
    });
    expect(result.outcome).toBe('applied');
    expect(result.state.version).toBe(12);
    expect(result.state.tasks.get('pr_7_1')?.title).toBe('b');
  });

  test('only old versions leave the state as it is, the same object', () => {
    expect(applyChanges('organization', state, { sinceVersion: 8, changes: [titled(9, 'old')] }).state).toBe(
      state,
    );
  });

  test('versions may be missing in between: they concern what this person does not see', () => {
    const result = applyChanges('organization', state, {
      sinceVersion: 10,
      changes: [titled(11, 'a'), titled(14, 'c')],
    });
    expect(result.outcome).toBe('applied');
    expect(result.state.version).toBe(14);
    expect(result.state.tasks.get('pr_7_1')?.title).toBe('c');
  });

  test('of changes that follow on a version that was missed none is applied', () => {
    const result = applyChanges('organization', state, { sinceVersion: 12, changes: [titled(13, 'c')] });
    expect(result).toEqual({ outcome: 'gap', state });
  });

  test('reload asks for a snapshot', () => {
    const change = { version: 11, upserts: [], removes: [], reload: true };
    expect(applyChanges('organization', state, { sinceVersion: 10, changes: [change] }).outcome).toBe(
      'reload',
    );
  });
});
