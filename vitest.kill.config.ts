import { defineConfig } from 'vitest/config';

/** CMD-7 for every command of every catalog: one group at a time, about four minutes each. */
export default defineConfig({
  test: {
    include: ['packages/backend/src/actors/testing/kill*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    hookTimeout: 60_000,
  },
});
