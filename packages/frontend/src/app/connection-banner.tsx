import { useFoundryClient } from '@foundry/client/react/hooks';
import type { ConnectionState } from '@foundry/client/realtime/connection-state';
import { Layers, WifiOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '../ui/button.tsx';

/** Shorter interruptions than this pass unseen. */
const graceMs = 1_200;

export function ConnectionBanner({ connection }: { connection: ConnectionState }) {
  const { realtime } = useFoundryClient();
  const blocked = 'blocked' in connection && connection.blocked;
  const away =
    connection.state === 'waiting' || (connection.state === 'connecting' && connection.attempt > 0);
  const outdated = connection.state === 'closed' && connection.reason === 'protocol_version';
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(away), away ? graceMs : 0);
    return () => clearTimeout(timer);
  }, [away]);

  return (
    <div role="status" aria-live="polite">
      {outdated && (
        <Bar>
          Foundry was updated.
          <Button size="sm" onClick={() => location.reload()}>
            Reload the page
          </Button>
        </Bar>
      )}
      {connection.state === 'displaced' && (
        <Bar>
          <Layers aria-hidden className="size-3.5 shrink-0" />
          <span>
            <strong className="font-medium">This tab is resting.</strong> You have more tabs of Foundry open
            than are kept up to date at once, so it no longer shows what changes.
          </span>
          <Button size="sm" onClick={() => realtime.takeBack()}>
            Use this tab
          </Button>
        </Bar>
      )}
      {away && shown && (
        <Bar>
          <WifiOff aria-hidden className="size-3.5 shrink-0" />
          {blocked ? (
            <span>
              <strong className="font-medium">Live updates are blocked.</strong> A proxy, a firewall or an
              extension stops WebSockets to {location.host}. Until they get through, what you see may be out
              of date.
            </span>
          ) : (
            <span>
              <strong className="font-medium">Reconnecting…</strong>{' '}
              <span className="max-sm:hidden">What you see may be out of date.</span>
            </span>
          )}
          <Button size="sm" onClick={() => realtime.wake()}>
            Try now
          </Button>
        </Bar>
      )}
    </div>
  );
}

function Bar({ children }: { children: React.ReactNode }) {
  return (
    <div className="flex min-h-9 items-center justify-center gap-2.5 bg-warning-soft px-3 py-1.5 text-ink">
      {children}
    </div>
  );
}
