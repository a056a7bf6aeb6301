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
    const result = applyChanges('organization', state, [titled(10, 'old'), titled(11, 'a'), titled(12, 'b')]);
    expect(result.outcome).toBe('applied');
    expect(result.state.version).toBe(12);
    expect(result.state.tasks.get('pr_7_1')?.title).toBe('b');
  });

  test('only old versions leave the state as it is, the same object', () => {
    expect(applyChanges('organization', state, [titled(9, 'old')]).state).toBe(state);
  });

  test('stops at a gap with what came before it', () => {
    const result = applyChanges('organization', state, [titled(11, 'a'), titled(13, 'c')]);
    expect(result.outcome).toBe('gap');
    expect(result.state.version).toBe(11);
    expect(result.state.tasks.get('pr_7_1')?.title).toBe('a');
  });

  test('reload asks for a snapshot', () => {
    const change = { version: 11, upserts: [], removes: [], reload: true };
    expect(applyChanges('organization', state, [change]).outcome).toBe('reload');
  });
});
