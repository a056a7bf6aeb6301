import type { Organization } from '@foundry/shared/entities';
import { useFoundryClient } from '@foundry/client/react/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Building2, ChevronRight, ExternalLink, RefreshCw } from 'lucide-react';
import { configQuery } from '../../app/queries.ts';
import { useCommand } from '../../app/use-command.ts';
import { useTitle } from '../../app/use-title.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/spinner.tsx';
import { AccessNotice } from './access-notice.tsx';
import { Logo } from './logo.tsx';
import { UserMenu } from './user-menu.tsx';
import { useUser } from './use-user.ts';

export function OrganizationsPage() {
  const { api } = useFoundryClient();
  const user = useUser();
  const config = useQuery(configQuery(api));
  const refresh = useCommand(() => api.refreshAccess(), {
    at: null,
    failureTitle: 'Access was not refreshed',
  });
  useTitle('Organizations');
  const organizations = [...user.organizations.values()].toSorted((left, right) =>
    left.login.localeCompare(right.login),
  );
  const installUrl = config.data?.installUrl ?? null;

  const actions = (
    <>
      <Button pending={refresh.pending} onClick={() => void refresh.run()}>
        {!refresh.pending && <RefreshCw aria-hidden className="size-3.5" />}
        Refresh access
      </Button>
      {installUrl !== null && (
        <a href={installUrl} className={buttonClass(organizations.length === 0 ? 'primary' : 'secondary')}>
          Install the GitHub App
          <ExternalLink aria-hidden className="size-3.5" />
        </a>
      )}
    </>
  );

  return (
    <div className="flex h-full flex-col bg-panel">
      <header className="flex h-12 shrink-0 items-center justify-between px-4">
        <span className="flex items-center gap-2 font-semibold">
          <Logo /> Foundry
        </span>
        <UserMenu />
      </header>
      <main id="content" className="min-h-0 flex-1 overflow-y-auto px-4 pt-[8vh] pb-10">
        <div className="mx-auto max-w-[520px]">
          <h1 className="text-xl font-semibold tracking-tight">Choose an organization</h1>
          <p className="mt-1 text-base text-ink-2">Accounts with the GitHub App that you belong to.</p>
          <div className="mt-5 empty:hidden">
            <AccessNotice />
          </div>
          <div className="mt-5 overflow-hidden rounded-xl border border-line bg-raised empty:hidden">
            {organizations.length === 0 && user.accessProblem !== null ? null : organizations.length === 0 &&
              user.accessReadAtMs === null ? (
              <Loading label="Asking GitHub what you may see…" />
            ) : organizations.length === 0 ? (
              <EmptyState icon={Building2} title="No organization yet" action={actions}>
                Install the GitHub App on an organization or on your own account, and choose the repositories
                that agents may work on.
              </EmptyState>
            ) : (
              <ul className="divide-y divide-line">
                {organizations.map((organization) => (
                  <li key={organization.id}>
                    <OrganizationRow organization={organization} />
                  </li>
                ))}
              </ul>
            )}
          </div>
          {(organizations.length > 0 || user.accessProblem?.kind === 'not_admitted') && (
            <div className="mt-4 flex flex-wrap gap-2">{actions}</div>
          )}
        </div>
      </main>
    </div>
  );
}

function subtitle({ kind, name, login }: Organization): string {
  if (kind === 'personal') return 'Personal account';
  return name === null ? 'Organization' : login;
}

function OrganizationRow({ organization }: { organization: Organization }) {
  const status = organization.installation?.status ?? 'removed';
  return (
    <Link
      to="/organizations/$organizationId"
      params={{ organizationId: organization.id }}
      className="flex items-center gap-3 px-4 py-3 -outline-offset-2 hover:bg-hover"
    >
      <Avatar login={organization.login} url={organization.avatarUrl} size={32} square />
      <span className="min-w-0 flex-1">
        <span className="block truncate text-base font-medium">
          {organization.name ?? organization.login}
        </span>
        <span className="block truncate text-ink-2">{subtitle(organization)}</span>
      </span>
      {status !== 'active' && (
        <Badge tone="warning">{status === 'suspended' ? 'App suspended' : 'App not installed'}</Badge>
      )}
      <ChevronRight aria-hidden className="size-4 text-ink-3" />
    </Link>
  );
}
