import { useEffect, useState } from 'react';
import { useTask } from '../task/task-context.ts';
import { useSession } from '../task/session-context.ts';
import { duration } from '../../ui/time.tsx';

/** What the agent does right now; nothing while it rests. */
export function StatusLine() {
  const { session, messages } = useSession();
  const { task } = useTask();
  const working = [...messages.values()].find((message) => message.state === 'working');
  const startedAtMs = working?.workingAtMs ?? null;
  switch (session.status) {
    case 'idle':
      return null;
    case 'waiting':
      return (
        <Line>{task.status.state === 'ready' ? 'Waiting for its turn…' : 'Waiting for the workspace…'}</Line>
      );
    case 'working':
      return (
        <Line>
          The agent is working…{startedAtMs !== null && <Elapsed key={startedAtMs} sinceMs={startedAtMs} />}
        </Line>
      );
    case 'waiting_for_permission':
      return <Line tone="warning">The agent waits for your answer above.</Line>;
    case 'stopping':
      return <Line>Stopping…</Line>;
  }
}

function Line({ children, tone = 'calm' }: { children: React.ReactNode; tone?: 'calm' | 'warning' }) {
  return (
    <p className="flex h-6 items-center gap-2 px-1 text-ink-2">
      <span
        aria-hidden
        className={
          tone === 'warning'
            ? 'size-2 rounded-full bg-attention'
            : 'size-2 animate-breathe rounded-full bg-success'
        }
      />
      <span>{children}</span>
    </p>
  );
}

function Elapsed({ sinceMs }: { sinceMs: number }) {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.floor(Math.max(0, nowMs - sinceMs) / 1_000);
  return (
    <span aria-hidden className="ml-1.5 text-ink-3 tabular-nums">
      {seconds < 10 ? `${seconds} s` : duration(seconds * 1_000)}
    </span>
  );
}
