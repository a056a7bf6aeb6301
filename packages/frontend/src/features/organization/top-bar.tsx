import { Menu as MenuIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useHasSidebar } from '../../app/use-media.ts';
import { IconButton } from '../../ui/button.tsx';
import { UserMenu } from '../account/user-menu.tsx';
import { useOrganization } from './organization-context.ts';
import { RuntimeIssues } from './runtime-issues.tsx';

/** Above every page of an organization: what the page is about, problems of the system, and the account. */
export function TopBar({ children }: { children: ReactNode }) {
  const { openSidebar } = useOrganization();
  const hasSidebar = useHasSidebar();
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-3 md:px-4">
      {!hasSidebar && (
        <IconButton label="Show tasks" onClick={openSidebar} className="-ml-1">
          <MenuIcon aria-hidden className="size-[18px]" />
        </IconButton>
      )}
      <div className="flex min-w-0 flex-1 items-center gap-2">{children}</div>
      <RuntimeIssues />
      <UserMenu />
    </header>
  );
}
