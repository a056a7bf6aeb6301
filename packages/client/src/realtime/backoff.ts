/** Wait before the next connection attempt, in milliseconds: doubles up to a limit, with full jitter over the upper half. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const ceilingMs = Math.min(30_000, 500 * 2 ** Math.min(attempt, 10));
  return Math.round(ceilingMs / 2 + (ceilingMs / 2) * random());
}
