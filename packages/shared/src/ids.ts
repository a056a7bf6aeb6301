import { z } from 'zod';

/** GitHub's numeric account id as a decimal string: logins change, ids do not. A personal account is an organization too. */
export const organizationIdSchema = z.string().regex(/^\d{1,20}$/, 'an organization id is a decimal number');
/** GitHub's numeric repository id as a decimal string. */
export const repositoryIdSchema = z.string().regex(/^\d{1,20}$/, 'a repository id is a decimal number');
/** Better Auth's user id. */
export const userIdSchema = z.string().regex(/^[\w-]{1,64}$/);
/**
 * `pr_<repositoryId>_<number>` for a pull request that Foundry found, `task_<uuid>` for a task made here. The number has
 * as many digits as a whole number in JSON may have: whatever is stored is accepted, too.
 */
export const taskIdSchema = z.string().regex(/^(pr_\d{1,20}_\d{1,16}|task_[\w-]{8,64})$/);
export const sessionIdSchema = z.string().regex(/^session_[\w-]{8,128}$/);
export const sandboxIdSchema = z.string().regex(/^[\w-]{1,128}$/);
/** Chosen by the sender of a message, so that a repeat of the same request is recognised. */
export const messageIdSchema = z.string().regex(/^[\w-]{8,64}$/);
/** Chosen by the sender of a command, so that a repeat is recognised. */
export const commandIdSchema = z.string().min(1).max(200);

export type OrganizationId = z.infer<typeof organizationIdSchema>;
export type RepositoryId = z.infer<typeof repositoryIdSchema>;
export type UserId = z.infer<typeof userIdSchema>;
export type TaskId = z.infer<typeof taskIdSchema>;
export type SessionId = z.infer<typeof sessionIdSchema>;
export type SandboxId = z.infer<typeof sandboxIdSchema>;
export type MessageId = z.infer<typeof messageIdSchema>;
export type CommandId = z.infer<typeof commandIdSchema>;

/** The virtual task of a pull request has an id that anyone can derive, so that sync and webhooks agree without asking. */
export function pullRequestTaskId(repositoryId: RepositoryId, pullRequestNumber: number): TaskId {
  return `pr_${repositoryId}_${pullRequestNumber}`;
}
