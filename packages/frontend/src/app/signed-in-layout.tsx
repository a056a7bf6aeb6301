import { useConnectionState, useWakeOnReturn } from '@foundry/client/react/hooks';
import { Outlet } from '@tanstack/react-router';
import { useEffect } from 'react';
import { ShortcutsDialog } from '../features/keyboard/shortcuts-dialog.tsx';
import { isLeaving } from './leaving.ts';
import { ConnectionBanner } from './connection-banner.tsx';

export function SignedInLayout() {
  const connection = useConnectionState();
  useWakeOnReturn();
  const signedOut = connection.state === 'closed' && connection.reason === 'signed_out';
  useEffect(() => {
    if (!signedOut || isLeaving()) return;
    const next = encodeURIComponent(`${location.pathname}${location.search}`);
    // A full load, so that nothing of the previous person stays in memory.
    location.assign(`/sign-in?reason=ended&next=${next}`);
  }, [signedOut]);
  return (
    <div className="flex h-full flex-col">
      <ConnectionBanner connection={connection} />
      <div className="min-h-0 flex-1">
        <Outlet />
      </div>
      <ShortcutsDialog />
    </div>
  );
}
