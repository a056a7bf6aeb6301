import { z } from 'zod';
import { commandIdSchema, messageIdSchema, repositoryIdSchema, sessionIdSchema } from './ids.ts';

/** Longest message a person may send, in characters. */
export const maxMessageLength = 50_000;
const branchName = z
  .string()
  .min(1)
  .max(200)
  .regex(
    /^(?![-/.])(?!.*(?:\.\.|\/\/|@\{|\\|\.lock$|[\s~^:?*[\u007f]))[\x21-\x7e]+(?<![/.])$/,
    'not a name that git accepts for a branch',
  );

/** Optional in every command request: a repeat with the same id is recognised and answered with the first one's outcome. */
const commandId = commandIdSchema.optional();

export const createTaskRequestSchema = z.object({
  commandId,
  repositoryId: repositoryIdSchema,
  /** Derived from the prompt when left out. */
  title: z.string().trim().min(1).max(200).optional(),
  /** Derived from the title when left out, and made unique; a branch given here that is taken is refused. */
  branch: branchName.optional(),
  baseBranch: branchName.optional(),
  /** First message, sent once the workspace is ready. */
  prompt: z.string().trim().min(1).max(maxMessageLength).optional(),
  modelId: z.string().max(200).optional(),
});
export type CreateTaskRequest = z.infer<typeof createTaskRequestSchema>;

export const sendMessageRequestSchema = z.object({
  messageId: messageIdSchema,
  text: z.string().trim().min(1).max(maxMessageLength),
});
export const editMessageRequestSchema = z.object({
  commandId,
  text: z.string().trim().min(1).max(maxMessageLength),
});
export const createSessionRequestSchema = z.object({
  commandId,
  title: z.string().trim().min(1).max(200).optional(),
  modelId: z.string().max(200).optional(),
});
export const publishRequestSchema = z.object({
  commandId,
  title: z.string().trim().min(1).max(256).optional(),
  body: z.string().max(60_000).optional(),
  draft: z.boolean().optional(),
});
/** `messageId`: the message in whose turn the person saw the question. */
export const answerPermissionRequestSchema = z.object({
  commandId,
  messageId: messageIdSchema,
  optionId: z.string().min(1).max(200),
});
/** The turn that the person saw: a message, and which delivery of it. */
export const stopRequestSchema = z.object({
  commandId,
  messageId: messageIdSchema,
  attempt: z.number().int().positive(),
});
export const setModelRequestSchema = z.object({ commandId, modelId: z.string().min(1).max(200) });
export const plainCommandRequestSchema = z.object({ commandId });
export const setTaskStateRequestSchema = z.object({
  commandId,
  activeSessionId: sessionIdSchema.nullable().optional(),
  lastReadVersion: z.number().int().nonnegative().optional(),
  markedUnread: z.boolean().optional(),
  draft: z.string().max(maxMessageLength).optional(),
});
export type SetTaskStateRequest = z.infer<typeof setTaskStateRequestSchema>;
