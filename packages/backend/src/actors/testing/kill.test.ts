import { expect, test } from 'vitest';
import { registeredLoops } from '../../command-loop/registered.ts';
import { allSamples } from './all-samples.ts';
import { testKills } from './kill-harness.ts';

test('[CMD-7] every command of every catalog has a sample', () => {
  const missing = registeredLoops().flatMap(({ kind, catalog }) =>
    Object.keys(catalog).filter((command) => (allSamples[kind]?.samples[command] ?? []).length === 0),
  );
  expect(missing).toEqual([]);
});

testKills();
