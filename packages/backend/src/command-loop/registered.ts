import type { Catalog } from './catalog.ts';

/** The commands of one kind of actor and the steps that each runs. */
export interface RegisteredLoop {
  readonly kind: string;
  readonly catalog: Catalog;
  /** Step names by command name, in order. */
  readonly steps: { readonly [commandName: string]: readonly string[] };
}

const loops = new Map<string, RegisteredLoop>();

/** Called by `commandLoop`, so that tests can walk every catalog without a list that somebody has to keep. */
export function registerLoop(loop: RegisteredLoop): void {
  loops.set(loop.kind, loop);
}

/** Every loop whose actor was imported. */
export function registeredLoops(): readonly RegisteredLoop[] {
  return [...loops.values()];
}
