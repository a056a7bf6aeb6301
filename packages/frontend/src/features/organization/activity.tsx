import { useFoundryClient } from '@foundry/client/react/hooks';
import type { AuditEntry } from '@foundry/shared/entities';
import { useInfiniteQuery } from '@tanstack/react-query';
import { History, RefreshCw } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { FailureNotice } from '../../app/error-pages.tsx';
import { auditQuery } from '../../app/queries.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/spinner.tsx';
import { Age } from '../../ui/time.tsx';
import { useOrganization } from './organization-context.ts';
import { causeText } from './plain-words.ts';

/** Entries follow the changes they tell of, and changes come in bursts. */
const settleMs = 1_500;

/** What happened in the organization, newest first, from its audit log. */
export function Activity({ organizationId }: { organizationId: string }) {
  const { api } = useFoundryClient();
  const audit = useInfiniteQuery({ ...auditQuery(api, organizationId), refetchOnMount: 'always' });
  useLatest(audit.refetch);
  if (audit.isPending) return <Loading label="Loading activity…" />;
  if (audit.isError) return <FailureNotice error={audit.error} onRetry={() => void audit.refetch()} />;
  const entries = audit.data.pages.flatMap((page) => page.entries);
  if (entries.length === 0) {
    return (
      <EmptyState icon={History} title="Nothing happened yet">
        Everything that people, agents and GitHub do here is listed with who and why.
      </EmptyState>
    );
  }
  return (
    <div className="-mt-5">
      <ol className="divide-y divide-line border-b border-line">
        {entries.map((entry) => (
          <ActivityRow key={entry.id} entry={entry} />
        ))}
      </ol>
      <div className="flex gap-2 pt-4">
        {audit.hasNextPage && (
          <Button pending={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
            Show older
          </Button>
        )}
        <Button variant="ghost" pending={audit.isRefetching} onClick={() => void audit.refetch()}>
          {!audit.isRefetching && <RefreshCw aria-hidden className="size-3.5" />} Refresh
        </Button>
      </div>
    </div>
  );
}

/** What happens nearly always changes the organization's topic too, which is how this list hears of it. */
function useLatest(refetch: (options: { cancelRefetch: boolean }) => Promise<unknown>): void {
  const { version } = useOrganization().organization;
  const seen = useRef(version);
  useEffect(() => {
    if (seen.current === version) return;
    const timer = setTimeout(() => {
      seen.current = version;
      void refetch({ cancelRefetch: false });
    }, settleMs);
    return () => clearTimeout(timer);
  }, [version, refetch]);
}

function ActivityRow({ entry }: { entry: AuditEntry }) {
  const cause = causeText(entry);
  return (
    <li className="flex items-baseline gap-3 py-2">
      <div className="min-w-0 flex-1 [overflow-wrap:anywhere]">
        <p>{entry.summary}</p>
        <p className="truncate text-xs text-ink-3">
          {entry.by}
          {cause !== null && ` · ${cause}`}
        </p>
      </div>
      <Age atMs={entry.atMs} className="text-xs whitespace-nowrap text-ink-3 tabular-nums" />
    </li>
  );
}
