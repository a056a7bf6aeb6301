import { format } from 'date-fns';
import { useSyncExternalStore } from 'react';

const tickMs = 20_000;
const listeners = new Set<() => void>();
let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    nowMs = Date.now();
    for (const each of listeners) each();
  }, tickMs);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Short age such as `now`, `5m`, `3h`, `2d`, then the date. */
export function shortAge(atMs: number, currentMs: number): string {
  const minutes = Math.floor(Math.max(0, currentMs - atMs) / 60_000);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes}m`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h`;
  if (minutes < 14 * 24 * 60) return `${Math.floor(minutes / (24 * 60))}d`;
  const sameYear = new Date(atMs).getFullYear() === new Date(currentMs).getFullYear();
  return format(atMs, sameYear ? 'd MMM' : 'd MMM yyyy');
}

/** All of these on a page share one timer. */
export function Age({ atMs, className }: { atMs: number; className?: string }) {
  const current = useSyncExternalStore(subscribe, () => nowMs);
  return (
    <time
      dateTime={new Date(atMs).toISOString()}
      title={format(atMs, 'PPpp')}
      className={className ?? 'whitespace-nowrap tabular-nums'}
    >
      {shortAge(atMs, current)}
    </time>
  );
}

export function clockTime(atMs: number): string {
  return format(atMs, 'HH:mm:ss');
}

/** A duration for people: `0.4 s`, `12 s`, `3 min 5 s`. */
export function duration(durationMs: number): string {
  if (durationMs < 10_000) return `${(Math.max(0, durationMs) / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
