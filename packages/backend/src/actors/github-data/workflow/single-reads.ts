import {
  effect,
  Finish,
  transaction,
  type CommandHandler,
  type EffectContext,
  type RunningCommand,
} from '../../../command-loop/handlers.ts';
import { withGitHubWaits } from '../../../github/retry-policy.ts';
import * as repository from '../db/repository.ts';
import { readUnits, type CachedRead } from './cached-reads.ts';
import { installationApi, organizationOf } from './github.ts';
import type { GitHubDataInput } from './inputs.ts';
import { checksRead, keptChecks, keptReviews, reviewsRead } from './requests.ts';

async function readOne({ db, signal }: EffectContext, read: CachedRead, sinceMs: number): Promise<unknown> {
  await withGitHubWaits(sinceMs, async () => {
    await readUnits(db, await installationApi(db), [{ reads: [read], subject: null }], { signal });
  });
  const stored = (await repository.readReplies(db, [read.key])).get(read.key);
  return stored === undefined ? null : JSON.parse(stored.bodyJson);
}

type ChecksInput = GitHubDataInput<'readChecks'>;

/** From here on a further webhook about the commit asks for a further read. */
const beginChecks = transaction('begin', async (t, { input }: RunningCommand<ChecksInput>) => {
  await repository.releasePendingRead(t.tx, `checks:${input.repositoryId}:${input.headSha}`);
  const name = await repository.readRepositoryName(t.tx, input.repositoryId);
  return name === null ? new Finish(null) : { name };
});
const fetchChecks = effect('read', async (context, command: RunningCommand<ChecksInput>) => {
  const { repositoryId, headSha } = command.input;
  const begun = command.resultOf(beginChecks);
  const name = begun instanceof Finish ? '' : begun.name;
  return keptChecks.parse(
    await readOne(context, checksRead(repositoryId, name, headSha), command.envelope.at),
  );
});
const applyChecks = transaction('apply', async (t, command: RunningCommand<ChecksInput>) => {
  t.send(organizationOf(t.key), 'organization.command.applyChecks', {
    checks: [{ ...command.input, checks: command.resultOf(fetchChecks) }],
  });
  return null;
});
export const readChecks: CommandHandler<ChecksInput> = { steps: [beginChecks, fetchChecks, applyChecks] };

type ReviewsInput = GitHubDataInput<'readReviews'>;

const beginReviews = transaction('begin', async (t, { input }: RunningCommand<ReviewsInput>) => {
  await repository.releasePendingRead(t.tx, `reviews:${input.repositoryId}:${input.number}`);
  const name = await repository.readRepositoryName(t.tx, input.repositoryId);
  return name === null ? new Finish(null) : { name };
});
const fetchReviews = effect('read', async (context, command: RunningCommand<ReviewsInput>) => {
  const { repositoryId, number } = command.input;
  const begun = command.resultOf(beginReviews);
  const name = begun instanceof Finish ? '' : begun.name;
  return keptReviews.parse(
    await readOne(context, reviewsRead(repositoryId, name, number), command.envelope.at),
  );
});
const applyReviews = transaction('apply', async (t, command: RunningCommand<ReviewsInput>) => {
  t.send(organizationOf(t.key), 'organization.command.applyReviews', {
    reviews: [{ ...command.input, reviewDecision: command.resultOf(fetchReviews) }],
  });
  return null;
});
export const readReviews: CommandHandler<ReviewsInput> = {
  steps: [beginReviews, fetchReviews, applyReviews],
};
