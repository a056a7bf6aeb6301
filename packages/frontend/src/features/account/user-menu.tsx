import { toApiError } from '@foundry/client/api-error';
import { useFoundryClient } from '@foundry/client/react/hooks';
import { LogOut } from 'lucide-react';
import { setLeaving } from '../../app/leaving.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Menu, MenuItem, MenuSeparator } from '../../ui/menu.tsx';
import { showError } from '../../ui/toasts.tsx';
import { useUser } from './use-user.ts';

export function UserMenu() {
  const client = useFoundryClient();
  const { profile } = useUser();
  const signOut = async () => {
    // The server closes the socket before it answers.
    setLeaving(true);
    try {
      await client.api.signOut();
      client.dispose();
      // A full load, so that nothing of this person stays in memory.
      location.assign('/sign-in?reason=signed_out');
    } catch (error) {
      setLeaving(false);
      showError('You are still signed in', toApiError(error).message);
    }
  };
  return (
    <Menu
      align="end"
      trigger={
        <button type="button" aria-label={`Account of ${profile.login}`} className="rounded-full">
          <Avatar login={profile.login} url={profile.avatarUrl} size={26} />
        </button>
      }
    >
      <div className="px-2 py-1.5">
        <p className="font-medium">{profile.name ?? profile.login}</p>
        <p className="text-ink-2">{profile.login}</p>
      </div>
      <MenuSeparator />
      <MenuItem onClick={() => void signOut()}>
        <LogOut aria-hidden className="size-4 text-ink-3" />
        Sign out
      </MenuItem>
    </Menu>
  );
}
