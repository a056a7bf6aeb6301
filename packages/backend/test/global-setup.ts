import type { TestProject } from 'vitest/node';
import { startIsolatedEngine } from '../src/engine/testing.ts';

/** One real engine per vitest run, for every test that uses `startTestRegistry`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const engine = await startIsolatedEngine();
  project.provide('engineEndpoint', engine.endpoint);
  return () => engine.stop();
}
