import {
  effect,
  Finish,
  transaction,
  type CommandHandler,
  type RunningCommand,
  type TransactionContext,
} from '../../../command-loop/handlers.ts';
import { withGitHubWaits } from '../../../github/retry-policy.ts';
import { gitHubLimits } from '../../../limits.ts';
import * as repository from '../db/repository.ts';
import { inMessages } from '../decisions.ts';
import { readUnits } from './cached-reads.ts';
import { installationApi, organizationOf, self } from './github.ts';
import type { GitHubDataInput } from './inputs.ts';
import { bodiesOf, type Replies } from './phases/phase.ts';
import { keptMergeability, mergeabilityKey, mergeabilityRead } from './requests.ts';

type Input = GitHubDataInput<'readMergeability'>;
type Pull = Input['pulls'][number];

async function claimRead(t: TransactionContext, claim: string, pulls: readonly Pull[]): Promise<void> {
  if (await repository.claimPendingRead(t.tx, claim, t.nowMs, gitHubLimits.pendingReadStaleMs)) {
    t.send(
      self(t.key),
      'githubData.command.readMergeability',
      { claim, pulls: pulls.map(({ repositoryId, number }) => ({ repositoryId, number })), attempt: 0 },
      { delayMs: gitHubLimits.checksDelayMs },
    );
  }
}

/** Asks shortly after, once for a burst of webhooks about one pull request. */
export async function readMergeabilitySoon(
  t: TransactionContext,
  repositoryId: string,
  number: number,
): Promise<void> {
  await claimRead(t, mergeabilityKey(repositoryId, number), [{ repositoryId, number }]);
}

/** GitHub sends nothing about the pull requests that a push to their base brings into conflict. */
export async function readMergeabilityOfBaseSoon(
  t: TransactionContext,
  repositoryId: string,
  baseBranch: string,
): Promise<void> {
  const pulls = await repository.listOpenPullRequestsInto(
    t.tx,
    repositoryId,
    baseBranch,
    gitHubLimits.mergeabilityPerPush,
  );
  if (pulls.length > 0) {
    await claimRead(t, `mergeable-into:${repositoryId}:${baseBranch}`, pulls);
  }
}

/**
 * Hands on what GitHub knows, and asks again later for what it does not know yet; until then the last answer stands.
 * @param attempt how often it has been asked already.
 */
export function tellMergeability(t: TransactionContext, replies: Replies, attempt: number): void {
  const known: (Pull & { headSha: string; mergeable: 'clean' | 'conflicting' })[] = [];
  const unknown: Pull[] = [];
  for (const [key, body] of bodiesOf(replies, 'mergeable:', keptMergeability)) {
    const [, repositoryId = '', number = '0'] = key.split(':');
    const pull = { repositoryId, number: Number(number) };
    if (body?.mergeable === 'unknown') {
      unknown.push(pull);
    } else if (body !== null) {
      known.push({ ...pull, headSha: body.headSha, mergeable: body.mergeable });
    }
  }
  for (const pulls of inMessages(known)) {
    t.send(organizationOf(t.key), 'organization.command.applyMergeability', { pulls });
  }
  const delayMs = gitHubLimits.mergeabilityDelaysMs[attempt];
  if (unknown.length > 0 && delayMs !== undefined) {
    t.send(
      self(t.key),
      'githubData.command.readMergeability',
      { claim: null, pulls: unknown, attempt: attempt + 1 },
      { delayMs },
    );
  }
}

/** From here on further news ask for a further read. */
const begin = transaction('begin', async (t, { input }: RunningCommand<Input>) => {
  if (input.claim !== null) {
    await repository.releasePendingRead(t.tx, input.claim);
  }
  const ids = [...new Set(input.pulls.map(({ repositoryId }) => repositoryId))];
  const names = await repository.readRepositoryNames(t.tx, ids);
  const pulls = input.pulls.flatMap(({ repositoryId, number }) => {
    const name = names.get(repositoryId);
    return name === undefined ? [] : [{ repositoryId, number, name }];
  });
  return pulls.length === 0 ? new Finish(null) : { pulls };
});

const read = effect('read', async ({ db, signal }, command: RunningCommand<Input>) => {
  const begun = command.resultOf(begin);
  const pulls = begun instanceof Finish ? [] : begun.pulls;
  return await withGitHubWaits(command.envelope.at, async () => {
    const units = pulls.map(({ repositoryId, name, number }) => ({
      reads: [mergeabilityRead(repositoryId, name, number)],
      subject: null,
    }));
    const result = await readUnits(db, await installationApi(db), units, { signal });
    return { units: result.units };
  });
});

const apply = transaction('apply', async (t, command: RunningCommand<Input>) => {
  const begun = command.resultOf(begin);
  const pulls = begun instanceof Finish ? [] : begun.pulls;
  const { units } = command.resultOf(read);
  const keys = pulls.slice(0, units).map(({ repositoryId, number }) => mergeabilityKey(repositoryId, number));
  const { attempt } = command.input;
  tellMergeability(t, await repository.readReplies(t.tx, keys), attempt);
  const rest = pulls.slice(units).map(({ repositoryId, number }) => ({ repositoryId, number }));
  if (rest.length > 0) {
    t.send(self(t.key), 'githubData.command.readMergeability', { claim: null, pulls: rest, attempt });
  }
  return null;
});

export const readMergeability: CommandHandler<Input> = { steps: [begin, read, apply] };
