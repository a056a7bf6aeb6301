import { pullRequestCoreSchema } from '@foundry/shared/entities';
import { z } from 'zod';
import { CommandError, RetryLater } from '../../../command-loop/errors.ts';
import {
  effect,
  Finish,
  transaction,
  type CommandHandler,
  type RunningCommand,
} from '../../../command-loop/handlers.ts';
import type { GitHubApi } from '../../../github/github-client.ts';
import { withCommandFaults } from '../../../github/github-errors.ts';
import { gitHubLimits } from '../../../limits.ts';
import { currentRepositoryName } from '../../../github/repository-name.ts';
import { pullRequestShape, toPullRequest, type PullRequestShape } from '../../../github/shapes.ts';
import { organizationIdOf, taskAddress } from '../../addresses.ts';
import { services } from '../../services.ts';
import * as repository from '../db/repository.ts';
import { gitHub } from './github.ts';
import type { GitHubDataInput } from './inputs.ts';
import { applyPullRequests } from './phases/pull-requests.ts';
import { readMergeabilitySoon } from './read-mergeability.ts';
import { readChecksSoon } from './receive-webhook.ts';
import { ownerAndName } from './requests.ts';

type Input = GitHubDataInput<'publishPullRequest'>;

const publishedSchema = z.object({
  branch: z.string(),
  pullRequest: pullRequestCoreSchema,
});

const locate = transaction('locate', async (t, { input }: RunningCommand<Input>) => {
  const fullName = await repository.readRepositoryName(t.tx, input.repositoryId);
  if (fullName === null) {
    throw new CommandError(
      'repository_not_found',
      'Foundry does not know this repository (any more). Has it been removed from the GitHub App?',
    );
  }
  return null;
});

/**
 * The pull request lies in the task's repository and shows what was pushed. GitHub takes a moment to notice a push.
 * @throws {RetryLater} @throws {CommandError} wrong_repository, not_published
 */
function requirePublished(pull: PullRequestShape, { input, envelope }: RunningCommand<Input>): void {
  const isElsewhere = [pull.base.repo, pull.head.repo].some(
    (repo) => repo !== null && repo !== undefined && String(repo.id) !== input.repositoryId,
  );
  if (isElsewhere) {
    throw new CommandError(
      'wrong_repository',
      `Pull request #${pull.number} belongs to another repository than this task. Nothing of it was taken over.`,
    );
  }
  if (pull.head.sha === input.headSha) {
    return;
  }
  if (Date.now() - envelope.at < gitHubLimits.publishedHeadTimeoutMs) {
    throw new RetryLater(
      Date.now() + gitHubLimits.publishedHeadPollMs,
      'GitHub has not noticed the push yet',
    );
  }
  throw new CommandError(
    'not_published',
    `The push succeeded, but pull request #${pull.number} shows ${pull.head.sha.slice(0, 7)} and not ${input.headSha.slice(0, 7)}: somebody else may have pushed to the branch meanwhile. Look at it on GitHub, then publish again.`,
    { retryable: true },
  );
}

/** The open pull request of the branch, if there is one: a repeated publish must not open a second. */
async function findOpen(
  api: GitHubApi,
  fullName: string,
  input: Input,
  signal: AbortSignal,
): Promise<PullRequestShape | null> {
  const { owner, repo } = ownerAndName(fullName);
  const found = await api.send(
    'GET /repos/{owner}/{repo}/pulls',
    { owner, repo, state: 'open', head: `${owner}:${input.branch}`, per_page: 10 },
    z.array(pullRequestShape),
    { signal },
  );
  return found.find(({ base }) => base.ref === input.baseBranch) ?? found[0] ?? null;
}

/** GitHub's REST API cannot change whether a pull request is a draft. */
async function setDraft(
  api: GitHubApi,
  pull: PullRequestShape,
  draft: boolean,
  signal: AbortSignal,
): Promise<void> {
  const mutation = draft ? 'convertPullRequestToDraft' : 'markPullRequestReadyForReview';
  const reply = await api.send(
    'POST /graphql',
    {
      query: `mutation($id: ID!) { ${mutation}(input: {pullRequestId: $id}) { pullRequest { isDraft } } }`,
      variables: { id: pull.node_id },
    },
    z.object({ errors: z.array(z.object({ message: z.string() })).optional() }),
    { signal },
  );
  const [problem] = reply.errors ?? [];
  if (problem !== undefined) {
    throw new CommandError('draft_not_changed', `GitHub did not change the draft state: ${problem.message}`);
  }
}

const publish = effect('publish', async ({ signal }, command: RunningCommand<Input>) => {
  const { input } = command;
  return await withCommandFaults(async () => {
    const api = gitHub().asPerson((wish) => services().gitHubTokenFor(input.ownerUserId, wish));
    const fullName = await currentRepositoryName(api, input.repositoryId, signal);
    const target = ownerAndName(fullName);
    const { title, draft } = input;
    const body = input.body === null ? {} : { body: input.body };
    const existing = await findOpen(api, fullName, input, signal);
    let pull: PullRequestShape;
    if (existing === null) {
      const parameters = { ...target, title, ...body, draft, head: input.branch, base: input.baseBranch };
      pull = await api.send('POST /repos/{owner}/{repo}/pulls', parameters, pullRequestShape, { signal });
    } else {
      pull = await api.send(
        'PATCH /repos/{owner}/{repo}/pulls/{pull_number}',
        { ...target, pull_number: existing.number, title, ...body },
        pullRequestShape,
        { signal },
      );
      if ((pull.draft ?? false) !== draft) {
        await setDraft(api, pull, draft, signal);
        pull = { ...pull, draft };
      }
    }
    requirePublished(pull, command);
    const { branch, pullRequest } = toPullRequest(pull, input.repositoryId);
    return { branch, pullRequest };
  });
});

const tell = transaction('tell', async (t, command: RunningCommand<Input>) => {
  const { input } = command;
  const { branch, pullRequest } = publishedSchema.parse(command.resultOf(publish));
  // The index knows it at once; GitHub's own webhook will find nothing new.
  await applyPullRequests(t, [{ repositoryId: input.repositoryId, branch, pullRequest }], null);
  await readChecksSoon(t, input.repositoryId, pullRequest.headSha);
  await readMergeabilitySoon(t, input.repositoryId, pullRequest.number);
  t.send(taskAddress(organizationIdOf(t.key), input.taskId), 'task.command.pullRequestPublished', {
    pullRequest: {
      ...pullRequest,
      checks: { state: 'none', total: 0, failed: 0 },
      reviewDecision: 'none',
      mergeable: 'unknown',
    },
    headSha: input.headSha,
  });
  return new Finish(null);
});

/** Opens or updates the pull request as the task's owner, and tells the task how that went. */
export const publishPullRequest: CommandHandler<Input> = {
  steps: [locate, publish, tell],
  onFailure: async (t, { input, failure }) => {
    if (input !== null) {
      t.send(taskAddress(organizationIdOf(t.key), input.taskId), 'task.command.publishFailed', { failure });
    }
  },
};
