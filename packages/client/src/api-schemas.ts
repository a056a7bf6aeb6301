import {
  auditEntrySchema,
  messageSchema,
  organizationSchema,
  sessionSchema,
  taskSummarySchema,
} from '@foundry/shared/entities';
import { commandIdSchema } from '@foundry/shared/ids';
import { transcriptItemSchema } from '@foundry/shared/transcript';
import { z } from 'zod';

/** What everyone may know about this server before signing in. */
export const configSchema = z.object({
  appName: z.string(),
  githubAppSlug: z.string().nullish(),
  /** Where the GitHub App is installed on an account. */
  installUrl: z.string().nullish(),
  githubWebUrl: z.string(),
  /** The GitHub side is the local double: no account is needed. */
  demo: z.boolean(),
});
export type Config = z.infer<typeof configSchema>;

export const acceptedSchema = z.object({ commandId: commandIdSchema });
export const organizationsSchema = z.object({ organizations: z.array(organizationSchema) });
export const tasksPageSchema = z.object({
  tasks: z.array(taskSummarySchema),
  nextCursor: z.string().nullable(),
});
export const createdTaskSchema = z.object({ task: taskSummarySchema });
export const createdSessionSchema = z.object({ session: sessionSchema });
export const acceptedMessageSchema = z.object({ message: messageSchema });
export const auditPageSchema = z.object({
  entries: z.array(auditEntrySchema),
  nextCursor: z.string().nullable(),
});
export type AuditPage = z.infer<typeof auditPageSchema>;
export const transcriptPageSchema = z.object({
  items: z.array(transcriptItemSchema),
  olderCursor: z.number().int().nullable(),
});
export const diffSchema = z.object({
  /** Unified diff, as git prints it. */
  diff: z.string(),
  truncated: z.boolean(),
  headSha: z.string().nullable(),
});
export type Diff = z.infer<typeof diffSchema>;
export const signInSchema = z.object({ url: z.string() });
