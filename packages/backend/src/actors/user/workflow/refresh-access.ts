import { organizationSchema, type Organization } from '@foundry/shared/entities';
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
import { gitHubOf, type GitHubApi, type GitHubReply } from '../../../github/github-client.ts';
import { GitHubError, withCommandFaults } from '../../../github/github-errors.ts';
import {
  accessibleRepositoryShape,
  installationShape,
  toOrganization,
  toRole,
} from '../../../github/shapes.ts';
import { gitHubLimits } from '../../../limits.ts';
import { appAddress, organizationAddress, userAddress } from '../../addresses.ts';
import { services } from '../../services.ts';
import * as repository from '../db/repository.ts';
import { organizationChanges } from '../decisions.ts';
import { readAdmission, refusedAccountsText, type Admission } from './admission.ts';
import { userIdOf, type UserInput } from './inputs.ts';
import { ownGitHubToken } from './own-token.ts';

type Input = UserInput<'readAccess'>;
type RepositoryPage = Input['repositoryPages'][number];

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

const installationsShape = z.object({ installations: z.array(installationShape) });
const repositoriesShape = z.object({ repositories: z.array(accessibleRepositoryShape) });

/** What one batch found; ids only, so that it stays small. */
const foundSchema = z.object({
  problem: z.string().nullable(),
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

function nothingFound(problem: string | null): Found {
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

async function readInstallations(
  api: GitHubApi,
  page: string,
  signal: AbortSignal,
): Promise<{ organizations: Organization[]; next: string | null }> {
  const reply: GitHubReply<z.output<typeof installationsShape>> = await api.read(
    'GET /user/installations',
    { per_page: gitHubLimits.pageSize, page },
    installationsShape,
    { signal },
  );
  return reply.kind === 'unchanged'
    ? { organizations: [], next: null }
    : {
        organizations: reply.data.installations.map((installation) => toOrganization(installation)),
        next: reply.next,
      };
}

async function readPage(
  api: GitHubApi,
  { installationId, organizationId, page }: RepositoryPage,
  signal: AbortSignal,
): Promise<{ repositories: Found['repositories']; next: RepositoryPage[] }> {
  try {
    const reply = await api.read(
      'GET /user/installations/{installation_id}/repositories',
      { installation_id: Number(installationId), per_page: gitHubLimits.pageSize, page },
      repositoriesShape,
      { signal },
    );
    if (reply.kind === 'unchanged') {
      return { repositories: [], next: [] };
    }
    return {
      repositories: reply.data.repositories.map(({ id, permissions }) => ({
        id: String(id),
        organizationId,
        role: toRole(permissions),
      })),
      next: reply.next === null ? [] : [{ installationId, organizationId, page: reply.next }],
    };
  } catch (error) {
    // Suspended or removed between the two requests: nothing of it can be seen.
    if (
      error instanceof GitHubError &&
      (error.code === 'github_not_found' || error.code === 'github_forbidden')
    ) {
      return { repositories: [], next: [] };
    }
    throw error;
  }
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
    const page = await readInstallations(api, input.installationsPage, signal);
    found.organizations = page.organizations.filter(admission.admits);
    found.refused = page.organizations.flatMap((organization) =>
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
    const { repositories, next } = await readPage(api, page, signal);
    found.repositories.push(...repositories);
    found.repositoryPages.push(...next);
  });
  return found;
}

/** The person has to sign in again: an answer, not a fault. */
function signInProblem(error: unknown): string | null {
  if (error instanceof GitHubTokenError && error.code === 'sign_in_required') {
    return error.message;
  }
  return error instanceof GitHubError && error.code === 'github_unauthorized' ? error.message : null;
}

const read = effect('read', async ({ db, key, signal }, { input }: RunningCommand<Input>): Promise<Found> => {
  try {
    const { token } = await ownGitHubToken(userIdOf(key), db);
    const { config, log } = services();
    const admission = await readAdmission(config.admission, signal);
    return await readBatch(gitHubOf(config.github, log).asPerson(token), input, admission, signal);
  } catch (error) {
    const problem = signInProblem(error);
    if (problem !== null) {
      return nothingFound(problem);
    }
    return await withCommandFaults(async () => await Promise.reject(error));
  }
});

/** Publishes what this person sees now, and makes accounts known that were never synced. */
async function finish(
  t: TransactionContext,
  state: repository.AccessState,
  readProblem: string | null,
  refusedAccounts: readonly string[],
): Promise<void> {
  const before = await repository.listOrganizations(t.tx);
  // Without a valid sign-in nothing can be said to be visible: everything is swept.
  await repository.sweepAccess(t.tx, readProblem === null ? state.generation : state.generation + 1);
  await repository.publishOrganizations(t.tx);
  const after = await repository.listOrganizations(t.tx);
  const isRefused = after.length === 0 && refusedAccounts.length > 0;
  const problem = readProblem ?? (isRefused ? refusedAccountsText(refusedAccounts) : null);
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
  if (problem !== state.problem) {
    t.reload();
  }
  for (const { id, installation } of after) {
    if (installation?.status === 'active') {
      t.send(organizationAddress(id), 'organization.command.requestSync', {
        onlyIfNever: true,
        installationId: installation.id,
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
  if (found.problem !== null) {
    await finish(t, state, found.problem, []);
    return null;
  }
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

/** Part of a refresh. What a person sees stays as it was until a refresh is complete. */
export const readAccess: CommandHandler<Input> = {
  steps: [read, apply],
  onFailure: async (t, { input, failure }) => {
    const state = await repository.readAccessState(t.tx);
    if (input === null || state.generation !== input.generation) {
      return;
    }
    if (failure.retryable && input.failedAttempts < gitHubLimits.batchRetries) {
      t.send(
        userAddress(userIdOf(t.key)),
        'user.command.readAccess',
        { ...input, failedAttempts: input.failedAttempts + 1 },
        { delayMs: gitHubLimits.batchRetryInitialDelayMs * 2 ** input.failedAttempts },
      );
      return;
    }
    await repository.writeAccessState(t.tx, { ...state, isRunning: false, problem: failure.message });
    t.reload();
  },
};
