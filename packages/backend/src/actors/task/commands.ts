import {
  personSchema,
  provisioningPhaseSchema,
  pullRequestSchema,
  sandboxSchema,
  sessionSchema,
  taskNoticeSchema,
} from '@foundry/shared/entities';
import { commandFailureSchema } from '@foundry/shared/envelope';
import { messageIdSchema, sandboxIdSchema, sessionIdSchema, userIdSchema } from '@foundry/shared/ids';
import {
  createSessionRequestSchema,
  publishRequestSchema,
  pullBranchRequestSchema,
} from '@foundry/shared/requests';
import { stopReasonSchema } from '@foundry/shared/transcript';
import { z } from 'zod';
import { command } from '../../command-loop/catalog.ts';
import { taskIndexEntrySchema } from '../organization/commands.ts';

const none = z.null();

export const taskCatalog = {
  // From people, through the gateway. `by` is a person in all of these; `person` is the same one with the avatar.
  /** First interaction with a pull request's task: the actor initialises itself from the organization's index. */
  'task.command.open': command(z.object({}), none),
  /** Starts the workspace, or tries again after a failure. */
  'task.command.provision': command(z.object({ person: personSchema }), none),
  'task.command.createSession': command(
    createSessionRequestSchema.omit({ commandId: true }).extend({ sessionId: sessionIdSchema }),
    sessionSchema,
  ),
  /** Reads the git state of the workspace again. */
  'task.command.refresh': command(z.object({}), none),
  /** Looks what GitHub's branch is now and takes it over if nothing is lost by it; `discard`: in any case. */
  'task.command.pull': command(pullBranchRequestSchema.omit({ commandId: true }), none),
  /** Pushes the branch, then has GitHubData open or update the pull request. */
  'task.command.publish': command(publishRequestSchema.omit({ commandId: true }), none),
  /** Somebody takes the task over by hand: the record changes and the old owner's token leaves the sandbox. */
  'task.command.setOwner': command(z.object({ person: personSchema }), none),

  // From the organization.
  /** A task made in Foundry: provisions at once and, with a prompt, sends the first message. */
  'task.command.initialize': command(
    z.object({
      entry: taskIndexEntrySchema,
      person: personSchema,
      sessionId: sessionIdSchema,
      modelId: z.string().nullable(),
      firstMessage: z.object({ messageId: messageIdSchema, text: z.string() }).nullable(),
    }),
    none,
  ),
  'task.command.pullRequestChanged': command(z.object({ pullRequest: pullRequestSchema }), none),
  'task.command.branchPushed': command(
    z.object({ headSha: z.string(), pusherLogin: z.string().nullable() }),
    none,
  ),

  /** GitHub no longer lets this person write to the repository: nothing goes on here in their name. */
  'task.command.personLostAccess': command(
    z.object({ userId: userIdSchema, login: z.string(), reason: z.enum(['access', 'sign_in']).optional() }),
    none,
  ),
  /** GitHub accepts the sign-in of this person again. */
  'task.command.personSignedIn': command(z.object({ userId: userIdSchema }), none),

  // From GitHubData, the end of a publish.
  'task.command.pullRequestPublished': command(
    z.object({ pullRequest: pullRequestSchema, headSha: z.string() }),
    none,
  ),
  'task.command.publishFailed': command(z.object({ failure: commandFailureSchema }), none),

  // From the task's sessions.
  /** A session has a message to deliver; the answer is `turnGranted` or `turnRefused`. The author becomes the owner. */
  'task.command.requestTurn': command(
    z.object({ sessionId: sessionIdSchema, messageId: messageIdSchema, author: personSchema }),
    none,
  ),
  'task.command.withdrawTurn': command(
    z.object({ sessionId: sessionIdSchema, messageId: messageIdSchema }),
    none,
  ),
  'task.command.turnEnded': command(
    z.object({ sessionId: sessionIdSchema, messageId: messageIdSchema, stopReason: stopReasonSchema }),
    none,
  ),
  'task.command.sessionChanged': command(z.object({ session: sessionSchema }), none),

  // From the sandbox.
  'task.command.sandboxChanged': command(
    z.object({ sandbox: sandboxSchema, failure: commandFailureSchema.nullable() }),
    none,
  ),
  'task.command.sandboxGone': command(z.object({ sandboxId: sandboxIdSchema, message: z.string() }), none),
  'task.command.workspaceProgress': command(
    z.object({
      sandboxId: sandboxIdSchema,
      phase: provisioningPhaseSchema,
      message: z.string().nullable(),
    }),
    none,
  ),
  'task.command.workspaceReady': command(
    z.object({ sandbox: sandboxSchema, checkoutPath: z.string() }),
    none,
  ),
  'task.command.workspaceFailed': command(
    z.object({
      sandboxId: sandboxIdSchema,
      phase: provisioningPhaseSchema,
      failure: commandFailureSchema,
    }),
    none,
  ),
  /** The branch is on GitHub; next is its pull request. `changed`: there was something to push. */
  'task.command.branchPublished': command(
    z.object({ sandboxId: sandboxIdSchema, headSha: z.string(), changed: z.boolean() }),
    none,
  ),
  /** What became of taking over a push from outside; `notice` when the checkout was left as it is. */
  'task.command.branchPulled': command(
    z.object({ sandboxId: sandboxIdSchema, notice: taskNoticeSchema.nullable() }),
    none,
  ),

  // From itself.
  /** Makes the workspace ready for one message's author, then grants the turn. */
  'task.command.grantTurn': command(z.object({ messageId: messageIdSchema }), none),
};
export type TaskCatalog = typeof taskCatalog;
