import { useFoundryClient } from '@foundry/client/react/hooks';
import type { ConnectionState } from '@foundry/client/realtime/connection-state';
import { WifiOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '../ui/button.tsx';

/** Shorter interruptions than this pass unseen. */
const graceMs = 1_200;

export function ConnectionBanner({ connection }: { connection: ConnectionState }) {
  const { realtime } = useFoundryClient();
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
      {away && shown && (
        <Bar>
          <WifiOff aria-hidden className="size-3.5" />
          <span>
            <strong className="font-medium">Reconnecting…</strong>{' '}
            <span className="max-sm:hidden">What you see may be out of date.</span>
          </span>
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
