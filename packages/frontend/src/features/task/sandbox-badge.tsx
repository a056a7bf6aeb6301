import type { Sandbox } from '@foundry/shared/entities';
import { Badge } from '../../ui/badge.tsx';
import type { Tone } from '../../ui/badge.tsx';
import { useTask } from './task-context.ts';

const states: Record<Sandbox['state'], { label: string; tone: Tone }> = {
  creating: { label: 'creating', tone: 'accent' },
  running: { label: 'running', tone: 'neutral' },
  paused: { label: 'paused', tone: 'neutral' },
  stopped: { label: 'stopped', tone: 'neutral' },
  lost: { label: 'lost', tone: 'warning' },
  failed: { label: 'failed', tone: 'danger' },
  destroyed: { label: 'removed', tone: 'neutral' },
};

/** Where the workspace runs and how it is; the provider's own words on hover. */
export function SandboxBadge() {
  const { sandbox } = useTask().task;
  if (sandbox === null) return null;
  const { label, tone } = states[sandbox.state];
  return (
    <Badge
      tone={tone}
      title={sandbox.message ?? `Sandbox ${sandbox.id}`}
      // No news, and narrow screens have no room for that.
      className={sandbox.state === 'running' ? 'max-md:hidden' : undefined}
    >
      Sandbox {label} · {sandbox.providerId}
    </Badge>
  );
}
