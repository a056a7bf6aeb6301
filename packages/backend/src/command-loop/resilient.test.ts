import { expect, test } from 'vitest';
import { resilient } from './resilient.ts';

const runFunctionConfig = Symbol.for('rivetkit.run_function_config');

function runnable(run: (context: { abortSignal: AbortSignal }) => Promise<void>) {
  Object.defineProperty(run, runFunctionConfig, { value: { inspectorKind: 'workflow' } });
  return run;
}

test('[CMD-10] a workflow that throws or ends is run again until its actor stops', async () => {
  const actor = new AbortController();
  const reports: { restarts: number; message: string }[] = [];
  let runs = 0;
  const run = runnable(async () => {
    runs += 1;
    if (runs === 1) {
      throw new Error('disk I/O error');
    }
    if (runs === 3) {
      actor.abort();
    }
  });
  await resilient(run, async (_context, report) => {
    reports.push(report);
  })({ abortSignal: actor.signal });
  expect(runs).toBe(3);
  expect(reports).toEqual([
    { restarts: 1, message: 'disk I/O error' },
    { restarts: 2, message: 'the workflow ended' },
  ]);
});

test('[CMD-10] the wait between restarts ends with the actor', async () => {
  const actor = new AbortController();
  const run = runnable(async () => {
    throw new Error('again');
  });
  await resilient(run, async () => actor.abort())({ abortSignal: actor.signal });
  expect(actor.signal.aborted).toBe(true);
});

test('[CMD-10] the inspector finds the wrapped workflow', () => {
  const run = runnable(async () => undefined);
  const wrapped = resilient(run, async () => undefined);
  expect(Reflect.get(wrapped, runFunctionConfig)).toEqual({ inspectorKind: 'workflow' });
  expect(() =>
    resilient(
      async () => undefined,
      async () => undefined,
    ),
  ).toThrow(/inspector/);
});
