import type { Logger } from 'pino';
import type { ActorConnections } from './connections.ts';

/** What every loop in this process shares. */
export interface LoopRuntime {
  readonly connections: ActorConnections;
  readonly log: Logger;
}

let current: LoopRuntime | null = null;

/** Called once at start, before the registry starts. */
export function provideLoopRuntime(runtime: LoopRuntime): void {
  current = runtime;
}

/** @throws when an actor runs before `provideLoopRuntime`. */
export function loopRuntime(): LoopRuntime {
  if (current === null) {
    throw new Error('provideLoopRuntime() must be called before the registry starts');
  }
  return current;
}

/** For code that runs before and after the actors do; null while there is no runtime. */
export function loopRuntimeIfAny(): LoopRuntime | null {
  return current;
}
