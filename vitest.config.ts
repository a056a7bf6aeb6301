import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const node = {
  environment: 'node',
  pool: 'forks',
  testTimeout: 20_000,
  hookTimeout: 60_000,
  // RivetKit says of every actor that stops at the end of a test that its database is closed, of every refused call
  // that it was refused, and of every killed process that its connections are lost.
  env: { RIVET_LOG_LEVEL: process.env['FOUNDRY_TEST_LOG_LEVEL'] ?? 'silent' },
} as const;

/**
 * Of tests with an engine: with both cores busy, the engine now and then runs out of tries for a transaction of its own
 * and drops what it was about. The report says which test needed it; one that needs it often is broken.
 */
const engineRetry = 1;

const killTests = 'packages/backend/src/actors/testing/kill*.test.ts';

/** Scripts that attack: `pnpm security`. */
const attackTests = 'packages/backend/src/**/*.attack.test.ts';

/** Packages whose tests need no engine. */
const plainPackages = ['shared', 'client', 'github-double', 'demo-agent'];

// Packages come and go while the project grows: a project without tests would be an error.
const projects = [
  ...plainPackages.map((name) => ({
    test: { ...node, name, include: [`packages/${name}/**/*.test.ts`], exclude: ['**/node_modules/**'] },
  })),
  {
    test: {
      ...node,
      name: 'backend',
      include: ['packages/backend/**/*.test.ts'],
      exclude: ['**/node_modules/**', killTests, attackTests],
      retry: engineRetry,
    },
  },
  {
    test: {
      ...node,
      name: 'security',
      include: [attackTests],
      exclude: ['**/node_modules/**'],
      retry: engineRetry,
    },
  },
  { test: { ...node, name: 'scripts', include: ['scripts/**/*.test.ts'] } },
  // After all others, one file at a time: they keep both cores busy, and tell a slow actor from a stuck one by time.
  {
    test: {
      ...node,
      name: 'kill',
      include: [killTests],
      maxWorkers: 1,
      sequence: { groupOrder: 1 },
      retry: engineRetry,
    },
  },
];

export default defineConfig({
  test: {
    // The engine and the actors of one test file already keep a core busy.
    maxWorkers: 2,
    passWithNoTests: true,
    ...(existsSync('packages/frontend/vitest.config.ts')
      ? { projects: [...projects, 'packages/frontend'] }
      : { projects }),
  },
});
