import { z } from 'zod';
import { branchNameSchema } from './branch-names.ts';
import { draftSchema } from './entities.ts';
import { commandIdSchema, messageIdSchema, repositoryIdSchema, sessionIdSchema } from './ids.ts';
import { textSizeBytes } from './text-size.ts';

/** Largest text that a person may send or write into a pull request. What carries it takes some 127 kB. */
export const maxTextSizeBytes = 100_000;

/** A text of any writing within that size, with words for one that is larger. */
export const textWithinSize = z.string().refine((text) => textSizeBytes(text) <= maxTextSizeBytes, {
  error: ({ input }) =>
    `is ${Math.ceil(textSizeBytes(String(input)) / 1_000)} kB long; at most ${maxTextSizeBytes / 1_000} kB can be sent. Shorten it, or put it into a file of the repository`,
});
const messageText = textWithinSize.trim().min(1);
/** What stands in one line everywhere: in lists, in a commit's subject, in a pull request's title. */
const oneLine = (maxLength: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .regex(/^[^\p{Cc}\u2028\u2029]*$/u, 'has to be one line without control characters');

/** Optional in every command request: a repeat with the same id is recognised and answered with the first one's outcome. */
const commandId = commandIdSchema.optional();

export const createTaskRequestSchema = z.object({
  commandId,
  repositoryId: repositoryIdSchema,
  /** Derived from the prompt when left out. */
  title: oneLine(200).optional(),
  /** Derived from the title when left out, and made unique; a branch given here that is taken is refused. */
  branch: branchNameSchema.optional(),
  /**
   * What a branch given here means when GitHub has it already. `ask`: refuse, so that the person is asked; `use`: work
   * on it; `next`: take the next free name.
   */
  existingBranch: z.enum(['ask', 'use', 'next']).optional(),
  /** Has to exist on GitHub; the repository's default branch when left out. */
  baseBranch: branchNameSchema.optional(),
  /** First message, sent once the workspace is ready. */
  prompt: messageText.optional(),
  modelId: z.string().max(200).optional(),
});
export type CreateTaskRequest = z.infer<typeof createTaskRequestSchema>;

export const sendMessageRequestSchema = z.object({
  messageId: messageIdSchema,
  text: messageText,
});
export const editMessageRequestSchema = z.object({
  commandId,
  text: messageText,
});
export const createSessionRequestSchema = z.object({
  commandId,
  title: oneLine(200).optional(),
  modelId: z.string().max(200).optional(),
});
/** The names of chosen files travel in one message, together with a pull request's text. */
const maxChosenPathsBytes = 24_000;

export const publishRequestSchema = z.object({
  commandId,
  title: oneLine(256).optional(),
  body: textWithinSize.max(60_000).optional(),
  draft: z.boolean().optional(),
  /** Uncommitted files that go in, in a commit of their own. Left out: none does. All others stay in the workspace. */
  commit: z
    .object({
      paths: z
        .array(z.string().min(1).max(4_096))
        .min(1)
        .max(1_000)
        .refine((paths) => textSizeBytes(JSON.stringify(paths)) <= maxChosenPathsBytes, {
          error: 'are too many to be chosen one by one. Choose fewer, or ask the agent to commit them',
        }),
      message: z.string().trim().min(1).max(4_000),
    })
    .optional(),
});
export type PublishCommit = NonNullable<z.infer<typeof publishRequestSchema>['commit']>;
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
/** `discard`: what GitHub's branch lacks is put aside, and its version taken. */
export const pullBranchRequestSchema = z.object({ commandId, discard: z.boolean().optional() });
export const setModelRequestSchema = z.object({ commandId, modelId: z.string().min(1).max(200) });
export const plainCommandRequestSchema = z.object({ commandId });
export const setTaskStateRequestSchema = z.object({
  commandId,
  activeSessionId: sessionIdSchema.nullable().optional(),
  lastReadVersion: z.number().int().nonnegative().optional(),
  markedUnread: z.boolean().optional(),
});
export type SetTaskStateRequest = z.infer<typeof setTaskStateRequestSchema>;

/** `basedOnMs`: `savedAtMs` of what the page went on with, null when there was nothing. A newer one of another page stays. */
export const setDraftRequestSchema = z.object({
  commandId,
  sessionId: sessionIdSchema.nullable(),
  text: textWithinSize,
  basedOnMs: z.number().int().nullable(),
  writer: z.string().min(1).max(64),
});
export type SetDraftRequest = z.infer<typeof setDraftRequestSchema>;
/** `draft` is what is kept now; not `saved` means that it is somebody else's newer one. */
export const setDraftAnswerSchema = z.object({ saved: z.boolean(), draft: draftSchema.nullable() });
export type SetDraftAnswer = z.infer<typeof setDraftAnswerSchema>;
