import { accessProblemSchema, organizationSchema, type AccessProblem } from '@foundry/shared/entities';
import { repositoryRoleSchema } from '@foundry/shared/roles';
import { z } from 'zod';
import { GitHubTokenError } from '../../../auth/github-tokens.ts';
import { mapBounded } from '../../../parallel.ts';
import {
  effect,
  Finish,
  single,
  transaction,
  type CommandHandler,
  type RunningCommand,
  type TransactionContext,
} from '../../../command-loop/handlers.ts';
import { gitHubOf, type GitHubApi } from '../../../github/github-client.ts';
import { GitHubError, RateLimited, withCommandFaults } from '../../../github/github-errors.ts';
import { gitHubRetryDelayMs } from '../../../github/retry-policy.ts';
import { gitHubLimits } from '../../../limits.ts';
import { appAddress, organizationAddress, userAddress } from '../../addresses.ts';
import { services } from '../../services.ts';
import * as repository from '../db/repository.ts';
import { lostWork, organizationChanges } from '../decisions.ts';
import { readInstallationsPage, readRepositoriesPage } from './access-pages.ts';
import { readAdmission, refusedAccountsText, type Admission } from './admission.ts';
import { userIdOf, type UserInput } from './inputs.ts';
import { ownGitHubToken } from './own-token.ts';

type Input = UserInput<'readAccess'>;

function begin(t: TransactionContext, state: repository.AccessState): repository.AccessState {
  const generation = Math.max(t.nowMs, state.generation + 1);
  t.send(userAddress(userIdOf(t.key)), 'user.command.readAccess', {
    generation,
    installationsPage: '1',
    repositoryPages: [],
    failedAttempts: 0,
    refusedAccounts: [],
  });
  return { ...state, generation, isRunning: true, again: false };
}

/** One refresh at a time; what changes while it runs leads to one more. */
export const refreshAccess = single<UserInput<'refreshAccess'>>(async (t) => {
  if ((await repository.readProfile(t.tx)) === null) {
    return null;
  }
  const state = await repository.readAccessState(t.tx);
  const isAlive = state.isRunning && state.generation + gitHubLimits.accessStaleMs > t.nowMs;
  await repository.writeAccessState(t.tx, isAlive ? { ...state, again: true } : begin(t, state));
  return null;
});

/** What one batch found; ids only, so that it stays small. */
const foundSchema = z.object({
  problem: accessProblemSchema.nullable(),
  organizations: z.array(organizationSchema),
  /** Accounts with the App that this server is not for … */
  refused: z.array(z.object({ id: z.string(), login: z.string(), installationId: z.string() })),
  /** … one of which may become its first. */
  isOpen: z.boolean(),
  repositories: z.array(z.object({ id: z.string(), organizationId: z.string(), role: repositoryRoleSchema })),
  installationsPage: z.string().nullable(),
  repositoryPages: z.array(
    z.object({ installationId: z.string(), organizationId: z.string(), page: z.string() }),
  ),
});
type Found = z.output<typeof foundSchema>;

function nothingFound(problem: AccessProblem | null): Found {
  return {
    problem,
    organizations: [],
    refused: [],
    isOpen: false,
    repositories: [],
    installationsPage: null,
    repositoryPages: [],
  };
}

async function readBatch(
  api: GitHubApi,
  input: Input,
  admission: Admission,
  signal: AbortSignal,
): Promise<Found> {
  const startMs = Date.now();
  const found: Found = { ...nothingFound(null), isOpen: admission.isOpen };
  if (input.installationsPage !== null) {
    const page = await readInstallationsPage(api, input.installationsPage, signal);
    found.organizations = page.items.filter(admission.admits);
    found.refused = page.items.flatMap((organization) =>
      organization.installation?.status !== 'active' || admission.admits(organization)
        ? []
        : [{ id: organization.id, login: organization.login, installationId: organization.installation.id }],
    );
    found.installationsPage = page.next;
  }
  const fresh = found.organizations.flatMap(({ id, installation }) =>
    installation?.status === 'active'
      ? [{ installationId: installation.id, organizationId: id, page: '1' }]
      : [],
  );
  const pages = [...input.repositoryPages, ...fresh];
  const now = pages.slice(0, gitHubLimits.accessPagesPerStep);
  found.repositoryPages = pages.slice(now.length);
  await mapBounded(now, gitHubLimits.parallelRequests, async (page) => {
    if (Date.now() - startMs > gitHubLimits.stepBudgetMs) {
      found.repositoryPages.push(page);
      return;
    }
    const { items, next } = await readRepositoriesPage(api, page, signal);
    found.repositories.push(...items);
    if (next !== null) {
      found.repositoryPages.push({ ...page, page: next });
    }
  });
  return found;
}

/** The person has to sign in again, or to wait: answers, not faults. */
export function problemOf(error: unknown): AccessProblem | null {
  if (error instanceof RateLimited) {
    return {
      kind: 'rate_limited',
      message: 'GitHub asks to be asked less often before it says what you may see.',
      retryAtMs: error.retryAtMs + gitHubLimits.rateLimitMarginMs,
    };
  }
  const isRefused =
    (error instanceof GitHubTokenError && error.code === 'sign_in_required') ||
    (error instanceof GitHubError && error.code === 'github_unauthorized');
  return isRefused ? { kind: 'sign_in_required', message: error.message, retryAtMs: null } : null;
}

const read = effect('read', async ({ db, key, signal }, { input }: RunningCommand<Input>): Promise<Found> => {
  try {
    const { config, log } = services();
    const api = gitHubOf(config.github, log).asPerson((wish) => ownGitHubToken(userIdOf(key), db, wish));
    const admission = await readAdmission(config.admission, signal);
    return await readBatch(api, input, admission, signal);
  } catch (error) {
    const problem = problemOf(error);
    if (problem !== null) {
      return nothingFound(problem);
    }
    return await withCommandFaults(async () => await Promise.reject(error));
  }
});

/** Whoever can no longer work in a repository has their turns there stopped and their credentials taken away. */
async function tellOfLostWork(
  t: TransactionContext,
  before: readonly repository.AccessRow[],
  after: readonly repository.AccessRow[],
  reason: 'access' | 'sign_in' = 'access',
): Promise<void> {
  const lost = lostWork(before, new Map(after.map(({ id, role }) => [id, role])));
  const profile = lost.size === 0 ? null : await repository.readProfile(t.tx);
  for (const [organizationId, repositoryIds] of lost) {
    for (let from = 0; from < repositoryIds.length; from += gitHubLimits.rowsPerMessage) {
      t.send(organizationAddress(organizationId), 'organization.command.personLostAccess', {
        userId: userIdOf(t.key),
        login: profile?.login ?? '',
        repositoryIds: repositoryIds.slice(from, from + gitHubLimits.rowsPerMessage),
        reason,
      });
    }
  }
}

function notAdmitted(logins: readonly string[]): AccessProblem {
  return { kind: 'not_admitted', message: refusedAccountsText(logins), retryAtMs: null };
}

/** Publishes what this person sees now, and makes accounts known that were never synced. */
async function finish(
  t: TransactionContext,
  state: repository.AccessState,
  readProblem: AccessProblem | null,
  refusedAccounts: readonly string[],
): Promise<void> {
  const before = await repository.listOrganizations(t.tx);
  const generation = readProblem === null ? state.generation : state.generation + 1;
  const isSignIn = readProblem?.kind === 'sign_in_required';
  await tellOfLostWork(
    t,
    await repository.listOldAccess(t.tx, generation),
    [],
    isSignIn ? 'sign_in' : 'access',
  );
  // Without a valid sign-in nothing can be said to be visible: everything is swept.
  await repository.sweepAccess(t.tx, generation);
  await repository.publishOrganizations(t.tx);
  const after = await repository.listOrganizations(t.tx);
  const isRefused = after.length === 0 && refusedAccounts.length > 0;
  const problem = readProblem ?? (isRefused ? notAdmitted(refusedAccounts) : null);
  const { upserted, removedIds } = organizationChanges(before, after);
  const finished = { ...state, isRunning: false, again: false, readAtMs: t.nowMs, problem };
  await repository.writeAccessState(
    t.tx,
    state.again && readProblem === null ? begin(t, finished) : finished,
  );
  t.upsert(...upserted.map((entity) => ({ type: 'organization' as const, entity })));
  t.remove(...removedIds.map((id) => ({ type: 'organization' as const, id })));
  const profile = await repository.readProfile(t.tx);
  if (profile !== null) {
    // Repositories are in no snapshot: the new version is what makes gateways read the access again.
    t.upsert({ type: 'profile', entity: profile });
  }
  if (JSON.stringify(problem) !== JSON.stringify(state.problem) || state.readAtMs === null) {
    t.reload();
  }
  const isSignedInAgain = readProblem === null && state.problem?.kind === 'sign_in_required';
  for (const organization of after) {
    const { id, installation } = organization;
    if (isSignedInAgain && profile !== null) {
      t.send(organizationAddress(id), 'organization.command.personSignedIn', {
        userId: profile.id,
        login: profile.login,
      });
    }
    if (installation?.status === 'active') {
      t.send(organizationAddress(id), 'organization.command.requestSync', {
        onlyIfNever: true,
        installationId: installation.id,
        organization,
      });
    }
  }
}

const apply = transaction('apply', async (t, command: RunningCommand<Input>) => {
  const { input } = command;
  const found = foundSchema.parse(command.resultOf(read));
  const state = await repository.readAccessState(t.tx);
  if (state.generation !== input.generation) {
    return new Finish(null);
  }
  if (found.problem?.kind === 'rate_limited') {
    await waitAndSay(t, state, input, found.problem);
    return null;
  }
  if (found.problem !== null) {
    await finish(t, state, found.problem, []);
    return null;
  }
  const known = await repository.listAccessOf(
    t.tx,
    found.repositories.map(({ id }) => id),
  );
  await tellOfLostWork(t, known, found.repositories);
  await repository.upsertAccessOrganizations(t.tx, found.organizations, input.generation);
  await repository.upsertAccessRepositories(t.tx, found.repositories, input.generation);
  if (found.isOpen && found.refused.length > 0) {
    t.send(appAddress(), 'app.command.claimServer', {
      candidates: found.refused,
      userId: userIdOf(t.key),
    });
  }
  const refusedAccounts = found.isOpen
    ? []
    : [...input.refusedAccounts, ...found.refused.map(({ login }) => login)].slice(
        0,
        gitHubLimits.refusedAccountsNamed,
      );
  if (found.installationsPage !== null || found.repositoryPages.length > 0) {
    t.send(userAddress(userIdOf(t.key)), 'user.command.readAccess', {
      generation: input.generation,
      installationsPage: found.installationsPage,
      repositoryPages: found.repositoryPages,
      failedAttempts: 0,
      refusedAccounts,
    });
    return null;
  }
  await finish(t, state, null, refusedAccounts);
  return null;
});

/** The same batch again later; meanwhile the person sees why. */
async function waitAndSay(
  t: TransactionContext,
  state: repository.AccessState,
  input: Input,
  problem: AccessProblem,
): Promise<void> {
  t.send(userAddress(userIdOf(t.key)), 'user.command.readAccess', input, {
    delayMs: Math.max(0, (problem.retryAtMs ?? t.nowMs) - t.nowMs),
  });
  await repository.writeAccessState(t.tx, { ...state, problem });
  t.reload();
}

/** Part of a refresh. What a person sees stays as it was until a refresh is complete. */
export const readAccess: CommandHandler<Input> = {
  steps: [read, apply],
  onFailure: async (t, { input, failure }) => {
    const state = await repository.readAccessState(t.tx);
    if (input === null || state.generation !== input.generation) {
      return;
    }
    const isRetried = failure.retryable && input.failedAttempts < gitHubLimits.accessRetries;
    const delayMs = isRetried ? gitHubRetryDelayMs(input.failedAttempts) : gitHubLimits.accessRetryMs;
    const problem = {
      kind: 'github_unavailable' as const,
      message: 'GitHub did not answer when it was asked what you may see.',
      retryAtMs: t.nowMs + delayMs,
    };
    if (isRetried) {
      await waitAndSay(t, state, { ...input, failedAttempts: input.failedAttempts + 1 }, problem);
      return;
    }
    // From the beginning, and until it succeeds: nobody has to start it again by hand.
    t.send(
      userAddress(userIdOf(t.key)),
      'user.command.refreshAccess',
      { reason: 'GitHub did not answer' },
      { delayMs },
    );
    await repository.writeAccessState(t.tx, { ...state, isRunning: false, problem });
    t.reload();
  },
};
