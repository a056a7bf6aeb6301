import { auditEntrySchema, repositorySchema, taskSummarySchema } from '@foundry/shared/entities';
import { commandOutcomeSchema, type CommandOutcome } from '@foundry/shared/envelope';
import { repositoryIdSchema } from '@foundry/shared/ids';
import {
  appSnapshotSchema,
  changeSchema,
  organizationSnapshotSchema,
  sandboxSnapshotSchema,
  sessionSnapshotSchema,
  taskSnapshotSchema,
  userSnapshotSchema,
  type Change,
} from '@foundry/shared/topics';
import { transcriptItemSchema } from '@foundry/shared/transcript';
import { z } from 'zod';
import {
  appAddress,
  auditLogAddress,
  gitHubDataAddress,
  organizationAddress,
  taskAddress,
  taskSessionAddress,
  userAddress,
} from '../actors/addresses.ts';
import { branchesOnGitHubSchema, type BranchesOnGitHub } from '../actors/github-data/commands.ts';
import { indexedTaskSchema } from '../actors/organization/commands.ts';
import { userAccessSchema, type UserAccess } from '../actors/user/commands.ts';
import type { ActorAddress } from '../command-loop/catalog.ts';
import type { ActorConnections } from '../command-loop/connections.ts';
import { gatewayLimits } from '../limits.ts';
import { organizationLimits } from '../limits.ts';
import { whileOutcomeUnknown } from './retry.ts';

export const tasksPageSchema = z.object({
  tasks: z.array(taskSummarySchema),
  nextCursor: z.string().nullable(),
});
export type TasksPage = z.infer<typeof tasksPageSchema>;
export const repositoryNameSchema = repositorySchema.pick({ id: true, name: true, fullName: true });
export type RepositoryName = z.infer<typeof repositoryNameSchema>;
export const transcriptPageSchema = z.object({
  items: z.array(transcriptItemSchema),
  olderCursor: z.number().int().nullable(),
});
/** A unified diff as git prints it. */
export const diffSchema = z.object({
  diff: z.string(),
  truncated: z.boolean(),
  headSha: z.string().nullable(),
});

/** Joins the pages of a person's access; begins anew when a refresh ended between two of them. */
async function readAllAccess(
  readPage: (page: { fromRepositoryId?: string }) => Promise<UserAccess>,
): Promise<UserAccess> {
  let all = await readPage({});
  while (all.nextRepositoryId !== null) {
    const page = await readPage({ fromRepositoryId: all.nextRepositoryId });
    all =
      page.readAtMs === all.readAtMs
        ? {
            ...page,
            repositoryIds: [...all.repositoryIds, ...page.repositoryIds],
            roles: { ...all.roles, ...page.roles },
          }
        : await readPage({});
  }
  return all;
}

/**
 * Every read the gateway does of an actor, parsed: the one place that knows the names of their actions.
 * Each is repeated while no answer comes. They throw UnknownOutcomeError and ActorRefusedError.
 */
export function createActorReads(connections: ActorConnections) {
  const read = async <T>(
    address: ActorAddress,
    action: string,
    args: readonly unknown[],
    schema: z.ZodType<T>,
  ): Promise<T> =>
    schema.parse(
      await whileOutcomeUnknown((timeoutMs) => connections.call(address, action, args, { timeoutMs })),
    );

  return {
    appSnapshot: () => read(appAddress(), 'snapshot', [], appSnapshotSchema),
    /** All pages, of one moment. */
    userAccess: (userId: string) =>
      readAllAccess((page) => read(userAddress(userId), 'access', [page], userAccessSchema)),
    userSnapshot: (userId: string) => read(userAddress(userId), 'snapshot', [], userSnapshotSchema),
    /** Only what belongs to these repositories; null before GitHub told anything of the account. */
    organizationSnapshot: (organizationId: string, repositoryIds: readonly string[]) =>
      read(
        organizationAddress(organizationId),
        'snapshot',
        [{ repositoryIds }],
        organizationSnapshotSchema.nullable(),
      ),
    /** Names of all of the organization's repositories, whoever may see them: what is hidden depends on no bound. */
    repositoryNames: async (organizationId: string): Promise<RepositoryName[]> => {
      const all: RepositoryName[] = [];
      for (;;) {
        const page = await read(
          organizationAddress(organizationId),
          'repositoryNames',
          [{ afterId: all.at(-1)?.id ?? '' }],
          z.array(repositoryNameSchema),
        );
        all.push(...page);
        if (page.length < organizationLimits.repositoryNamesPerPage) return all;
      }
    },
    /** Tasks of these repositories, with the latest activity first. */
    tasksPage: (
      organizationId: string,
      page: { cursor: string | null; limit: number; repositoryIds: readonly string[] },
    ) => read(organizationAddress(organizationId), 'tasks', [page], tasksPageSchema),
    taskRepositoryId: (organizationId: string, taskId: string) =>
      read(
        organizationAddress(organizationId),
        'resolveTaskRepoId',
        [{ taskId }],
        repositoryIdSchema.nullable(),
      ),
    taskIndexEntry: (organizationId: string, taskId: string) =>
      read(
        organizationAddress(organizationId),
        'getTaskIndexEntry',
        [{ taskId }],
        indexedTaskSchema.nullable(),
      ),
    /** Newest first; `before` is a sequence number. */
    auditPage: (organizationId: string, before: number | null, limit: number) =>
      read(auditLogAddress(organizationId), 'page', [{ before, limit }], z.array(auditEntrySchema)),
    taskSnapshot: (organizationId: string, taskId: string) =>
      read(taskAddress(organizationId, taskId), 'snapshot', [], taskSnapshotSchema),
    taskDiff: (organizationId: string, taskId: string, query: { path?: string | undefined }) =>
      read(taskAddress(organizationId, taskId), 'diff', [query], diffSchema),
    sessionSnapshot: (organizationId: string, sessionId: string) =>
      read(taskSessionAddress(organizationId, sessionId), 'snapshot', [], sessionSnapshotSchema),
    transcriptPage: (organizationId: string, sessionId: string, before: number | null, limit: number) =>
      read(
        taskSessionAddress(organizationId, sessionId),
        'transcriptPage',
        [{ before, limit }],
        transcriptPageSchema,
      ),
    sandboxSnapshot: (address: ActorAddress) => read(address, 'snapshot', [], sandboxSnapshotSchema),
    /** Asked of GitHub at this moment; null when it does not show the repository. */
    branchesOnGitHub: (
      organizationId: string,
      query: { repositoryId: string; names: readonly string[]; baseBranch: string | null },
    ): Promise<BranchesOnGitHub | null> =>
      whileOutcomeUnknown(async () =>
        branchesOnGitHubSchema.nullable().parse(
          await connections.call(gitHubDataAddress(organizationId), 'branchesLike', [query], {
            timeoutMs: gatewayLimits.gitHubReadTimeoutMs,
          }),
        ),
      ),
    outcome: (address: ActorAddress, commandId: string): Promise<CommandOutcome | null> =>
      read(address, 'outcome', [commandId], commandOutcomeSchema.nullable()),
    /** What was committed after `version`; null when it is no longer known. */
    changesSince: (address: ActorAddress, version: number): Promise<Change[] | null> =>
      read(address, 'changesSince', [version], z.array(changeSchema).nullable()),
  };
}
export type ActorReads = ReturnType<typeof createActorReads>;
