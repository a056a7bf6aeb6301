import type { TransactionContext } from '../../../../command-loop/handlers.ts';
import type { BranchPullRequest } from '../../../../github/shapes.ts';
import { gitHubLimits } from '../../../../limits.ts';
import * as repository from '../../db/repository.ts';
import { decodePullCursor, encodePullCursor, inMessages, type PullPage } from '../../decisions.ts';
import { organizationOf } from '../github.ts';
import { keptPullRequests, openPullsRead, pullRead } from '../requests.ts';
import { bodiesOf, type BatchPlan, type Phase } from './phase.ts';

/** Cursor of the end of the phase: pull requests that are no longer among the open ones are read one by one. */
const goneCursor = 'gone';

/** Hands pull requests to the organization and keeps the open ones' heads. */
export async function applyPullRequests(
  t: TransactionContext,
  found: readonly BranchPullRequest[],
  generation: number | null,
): Promise<void> {
  const isOpen = ({ pullRequest }: BranchPullRequest): boolean => pullRequest.state === 'open';
  const toKnown = ({ repositoryId, pullRequest: { number, headSha, baseBranch } }: BranchPullRequest) => ({
    repositoryId,
    number,
    headSha,
    baseBranch,
  });
  await repository.upsertOpenPullRequests(t.tx, found.filter(isOpen).map(toKnown), generation ?? t.nowMs);
  await repository.deleteOpenPullRequests(t.tx, found.filter((item) => !isOpen(item)).map(toKnown));
  const items = found.map((item) => ({
    ...item,
    pullRequest: { ...item.pullRequest, checks: null, reviewDecision: null },
  }));
  for (const pullRequests of inMessages(items)) {
    t.send(organizationOf(t.key), 'organization.command.applyPullRequests', { generation, pullRequests });
  }
}

async function planGone(
  db: Parameters<Phase['plan']>[0],
  input: Parameters<Phase['plan']>[1],
): Promise<BatchPlan> {
  const unseen = await repository.listUnseenPullRequests(db, input.generation, gitHubLimits.pagesPerBatch);
  const names = await repository.readRepositoryNames(
    db,
    unseen.map(({ repositoryId }) => repositoryId),
  );
  return {
    units: unseen.map(({ repositoryId, number }) => ({
      reads: [pullRead(repositoryId, names.get(repositoryId) ?? '', number)],
      subject: { repositoryId, name: `pull request ${names.get(repositoryId) ?? ''}#${number}` },
    })),
    nextAfter: () => null,
  };
}

/** Open pull requests of all repositories, several pages at once. */
export const pullRequestsPhase: Phase = {
  plan: async (db, input) => {
    if (input.cursor === goneCursor) {
      return await planGone(db, input);
    }
    const cursor = decodePullCursor(input.cursor);
    const pending = cursor.pending.slice(0, gitHubLimits.pagesPerBatch);
    const fresh = await repository.listRepositoriesAfter(
      db,
      cursor.afterRepositoryId,
      gitHubLimits.pagesPerBatch - pending.length,
    );
    const pages: PullPage[] = [...pending, ...fresh.map(({ id }) => ({ repositoryId: id, page: '1' }))];
    const names = await repository.readRepositoryNames(
      db,
      pages.map(({ repositoryId }) => repositoryId),
    );
    const reads = pages.map(({ repositoryId, page }) =>
      openPullsRead(repositoryId, names.get(repositoryId) ?? '', page),
    );
    return {
      units: pages.flatMap(({ repositoryId }, position) => {
        const read = reads[position];
        const name = `pull requests of ${names.get(repositoryId) ?? ''}`;
        return read === undefined ? [] : [{ reads: [read], subject: { repositoryId, name } }];
      }),
      nextAfter: (count, replies) => {
        const further = pages.slice(0, count).flatMap(({ repositoryId }, position) => {
          const next = replies.get(reads[position]?.key ?? '')?.next ?? null;
          return next === null ? [] : [{ repositoryId, page: next }];
        });
        const unread = [...pages.slice(count), ...cursor.pending.slice(pending.length)];
        const afterRepositoryId = Number(fresh.at(-1)?.id ?? cursor.afterRepositoryId);
        // A short list of fresh repositories was the end of them only when there was room for more.
        const isLast = fresh.length < gitHubLimits.pagesPerBatch - pending.length;
        return isLast && further.length + unread.length === 0
          ? null
          : encodePullCursor({ pending: [...further, ...unread], afterRepositoryId });
      },
    };
  },
  apply: async (t, { generation, cursor }, replies) => {
    if (cursor === goneCursor) {
      const read = bodiesOf(replies, 'pull:', keptPullRequests);
      await applyPullRequests(t, [...read.values()].flat(), generation);
      // What GitHub no longer shows at all has no body; it must not be asked for again.
      await repository.deleteOpenPullRequests(
        t.tx,
        [...read].flatMap(([key, found]) => {
          const [, repositoryId = '0', number = '0'] = key.split(':');
          return found.length === 0 ? [{ repositoryId, number: Number(number) }] : [];
        }),
      );
    } else {
      const found = [...bodiesOf(replies, 'pulls:', keptPullRequests).values()].flat();
      await applyPullRequests(t, found, generation);
    }
    const first = [...replies.keys()].filter((key) => /^pulls:\d+:1$/.test(key));
    return { done: first.length, total: await repository.countRepositories(t.tx) };
  },
  more: async (t, { generation }) => {
    const unseen = await repository.listUnseenPullRequests(t.tx, generation, 1);
    return unseen.length === 0 ? null : goneCursor;
  },
  leaveOut: async (t, { generation }, repositoryIds) => {
    await repository.keepPullRequestsOf(t.tx, repositoryIds, generation);
    t.send(organizationOf(t.key), 'organization.command.applyPullRequests', {
      generation,
      pullRequests: [],
      unreadRepositoryIds: [...repositoryIds],
    });
  },
  end: async () => undefined,
};
