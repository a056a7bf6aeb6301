import { personSchema, taskNoticeSchema } from '@foundry/shared/entities';
import { repositoryIdSchema, taskIdSchema } from '@foundry/shared/ids';
import { publishRequestSchema } from '@foundry/shared/requests';
import { z } from 'zod';
import { command } from '../../command-loop/catalog.ts';

const none = z.null();
const publishCommitSchema = publishRequestSchema.shape.commit.unwrap().nullable();

/** Phases of making a workspace that a sandbox goes through itself, in order. */
export const sandboxPhaseSchema = z.enum([
  'creating_sandbox',
  'starting_sandbox_agent',
  'cloning',
  'starting_agent',
]);
export type SandboxPhase = z.infer<typeof sandboxPhaseSchema>;

/** Work that takes longer than a command may: it runs beside the loop, and a command reports its end. */
export const sandboxJobSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('clone') }),
  /** Commits the chosen files (null: none), then pushes, as `person`. */
  z.object({ kind: z.literal('push'), person: personSchema, commit: publishCommitSchema }),
  /** Takes over what was pushed from elsewhere. */
  z.object({
    kind: z.literal('pull'),
    person: personSchema.nullable(),
    discard: z.boolean().optional(),
  }),
]);
export type SandboxJob = z.infer<typeof sandboxJobSchema>;

/** What a job ended with. */
export const jobResultSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('cloned'), headSha: z.string() }),
  z.object({ status: z.literal('pushed'), headSha: z.string(), changed: z.boolean() }),
  z.object({ status: z.literal('pulled'), notice: taskNoticeSchema.nullable() }),
  z.object({ status: z.literal('failed'), code: z.string(), message: z.string(), retryable: z.boolean() }),
]);
export type JobResult = z.infer<typeof jobResultSchema>;

export const sandboxInstanceCatalog = {
  // From the task.
  /** Makes the workspace, or completes or restarts what there is of it. Reports its phases to the task. */
  'sandbox.command.create': command(
    z.object({
      taskId: taskIdSchema,
      repositoryId: repositoryIdSchema,
      /** `owner/name` at the git host. */
      repositoryFullName: z.string().max(300),
      branch: z.string(),
      baseBranch: z.string(),
      /** Whose token clones. */
      person: personSchema,
    }),
    none,
  ),
  'sandbox.command.push': command(z.object({ person: personSchema, commit: publishCommitSchema }), none),
  /** `person` is the task's owner, whose token is used when there is none in the sandbox. */
  'sandbox.command.pull': command(
    z.object({ person: personSchema.nullable(), discard: z.boolean().optional() }),
    none,
  ),
  /** The owner's token leaves the sandbox. */
  'sandbox.command.removeCredentials': command(z.object({}), none),
  /** Ends the processes and keeps the files. */
  'sandbox.command.stop': command(z.object({}), none),
  /** Removes the files for good. */
  'sandbox.command.destroy': command(z.object({}), none),

  // From whoever sees that something is wrong with it.
  /** Asks the provider what is true and tells the task what changed. */
  'sandbox.command.reconcile': command(z.object({}), none),

  // From itself.
  'sandbox.command.advance': command(
    z.object({ attempt: z.number().int(), phase: sandboxPhaseSchema }),
    none,
  ),
  'sandbox.command.jobEnded': command(z.object({ jobId: z.string(), result: jobResultSchema }), none),
  /** Sees to a job whose process died under it. */
  'sandbox.command.checkJob': command(z.object({ jobId: z.string() }), none),
};
export type SandboxInstanceCatalog = typeof sandboxInstanceCatalog;
