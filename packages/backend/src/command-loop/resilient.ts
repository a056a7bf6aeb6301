import { setTimeout as sleep } from 'node:timers/promises';
import { commandLimits } from '../limits.ts';
import { errorMessage } from './errors.ts';

/** RivetKit reads the inspector's wiring from this property of the run function. */
const runFunctionConfig = Symbol.for('rivetkit.run_function_config');

/** What the wrapper needs of RivetKit's run context. */
interface Abortable {
  readonly abortSignal: AbortSignal;
}

/**
 * Keeps a workflow running: whatever it throws outside a step (an engine that dies under a history flush does that)
 * is reported, and the workflow runs again from its history after a short wait. Without this, an actor whose engine
 * died once would take commands for good and never work on them. Ends only with the actor itself.
 * @param begin told when the actor wakes; what it returns is called when it ends.
 */
export function resilient<C extends Abortable>(
  run: (context: C) => Promise<void>,
  report: (context: C, problem: { restarts: number; message: string }) => Promise<void>,
  begin: (context: C) => () => void = () => () => undefined,
): (context: C) => Promise<void> {
  const again = async (context: C): Promise<void> => {
    let delayMs: number = commandLimits.restartInitialDelayMs;
    let restarts = 0;
    while (!context.abortSignal.aborted) {
      const startedAtMs = Date.now();
      let message = 'the workflow ended';
      try {
        await run(context);
      } catch (error) {
        message = errorMessage(error);
      }
      if (context.abortSignal.aborted) {
        return;
      }
      if (Date.now() - startedAtMs > commandLimits.restartResetAfterMs) {
        delayMs = commandLimits.restartInitialDelayMs;
        restarts = 0;
      }
      restarts += 1;
      await report(context, { restarts, message });
      await sleep(delayMs, undefined, { signal: context.abortSignal }).catch((error: unknown) => {
        // Only the actor's own end interrupts the wait; the loop's condition sees it.
        if (!context.abortSignal.aborted) {
          throw error;
        }
      });
      delayMs = Math.min(delayMs * 2, commandLimits.restartMaxDelayMs);
    }
  };
  const wrapped = async (context: C): Promise<void> => {
    const end = begin(context);
    try {
      await again(context);
    } finally {
      end();
    }
  };
  const config: unknown = Reflect.get(run, runFunctionConfig);
  if (config === undefined) {
    throw new Error(
      'RivetKit keeps its inspector configuration elsewhere now: resilient() must carry it over',
    );
  }
  Object.defineProperty(wrapped, runFunctionConfig, { value: config });
  return wrapped;
}
