import { useNavigate } from '@tanstack/react-router';
import { ChevronsUpDown } from 'lucide-react';
import { Avatar } from '../../ui/avatar.tsx';
import { Menu, MenuChoices, MenuItem, MenuSeparator } from '../../ui/menu.tsx';
import { useUser } from '../account/use-user.ts';
import { useOrganization } from './organization-context.ts';

export function OrganizationSwitcher() {
  const navigate = useNavigate();
  const user = useUser();
  const { organization } = useOrganization().organization;
  const choices = [...user.organizations.values()].map(({ id, login, name }) => ({
    value: id,
    label: name ?? login,
  }));
  return (
    <Menu
      trigger={
        <button
          type="button"
          className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-md px-1.5 hover:bg-hover"
        >
          <Avatar login={organization.login} url={organization.avatarUrl} square />
          <span className="truncate font-semibold">{organization.name ?? organization.login}</span>
          <span className="sr-only">, switch organization</span>
          <ChevronsUpDown aria-hidden className="size-3.5 shrink-0 text-ink-3" />
        </button>
      }
    >
      <MenuChoices
        label="Organization"
        value={organization.id}
        onChange={(organizationId) =>
          void navigate({ to: '/organizations/$organizationId', params: { organizationId } })
        }
        choices={choices}
      />
      <MenuSeparator />
      <MenuItem onClick={() => void navigate({ to: '/organizations' })}>
        <span className="pl-6">All organizations</span>
      </MenuItem>
    </Menu>
  );
}
