import { gitHubLimits } from '../../../../limits.ts';
import * as repository from '../../db/repository.ts';
import { inMessages, startCursor } from '../../decisions.ts';
import { organizationOf } from '../github.ts';
import { tellMergeability } from '../read-mergeability.ts';
import { checksRead, keptChecks, keptReviews, mergeabilityRead, reviewsRead } from '../requests.ts';
import { bodiesOf, type Phase } from './phase.ts';

/** `repositoryId:number` of the last pull request that was read. */
function parseCursor(cursor: string): { repositoryId: number; number: number } {
  const [repositoryId, number] = cursor === startCursor ? [] : cursor.split(':');
  return { repositoryId: Number(repositoryId ?? 0), number: Number(number ?? 0) };
}

/** Checks, reviews and mergeability of every open pull request. */
export const checksPhase: Phase = {
  plan: async (db, { cursor }) => {
    const pulls = await repository.listOpenPullRequestsAfter(
      db,
      parseCursor(cursor),
      gitHubLimits.checksPerBatch,
    );
    const names = await repository.readRepositoryNames(
      db,
      pulls.map(({ repositoryId }) => repositoryId),
    );
    return {
      units: pulls.map(({ repositoryId, number, headSha }) => {
        const name = names.get(repositoryId) ?? '';
        return {
          subject: { repositoryId, name: `checks and reviews of ${name}#${number}` },
          reads: [
            checksRead(repositoryId, name, headSha),
            reviewsRead(repositoryId, name, number),
            mergeabilityRead(repositoryId, name, number),
          ],
        };
      }),
      nextAfter: (count) => {
        const last = pulls[count - 1];
        const isLast = count === pulls.length && pulls.length < gitHubLimits.checksPerBatch;
        if (isLast) {
          return null;
        }
        return last === undefined ? cursor : `${last.repositoryId}:${last.number}`;
      },
    };
  },
  apply: async (t, _input, replies) => {
    const checks = [...bodiesOf(replies, 'checks:', keptChecks)].map(([key, body]) => {
      const [, repositoryId = '', headSha = ''] = key.split(':');
      return { repositoryId, headSha, checks: body };
    });
    const reviews = [...bodiesOf(replies, 'reviews:', keptReviews)].map(([key, reviewDecision]) => {
      const [, repositoryId = '', number = '0'] = key.split(':');
      return { repositoryId, number: Number(number), reviewDecision };
    });
    for (const batch of inMessages(checks)) {
      t.send(organizationOf(t.key), 'organization.command.applyChecks', { checks: batch });
    }
    for (const batch of inMessages(reviews)) {
      t.send(organizationOf(t.key), 'organization.command.applyReviews', { reviews: batch });
    }
    tellMergeability(t, replies, 0);
    return { done: reviews.length, total: await repository.countOpenPullRequests(t.tx) };
  },
  end: async () => undefined,
};
