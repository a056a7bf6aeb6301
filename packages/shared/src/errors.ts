import { z } from 'zod';

/** The body of every HTTP error. `message` is for people: what happened, why, what to do. */
export const apiErrorSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    requestId: z.string().optional(),
    retryAfterMs: z.number().optional(),
  }),
});
export type ApiError = z.infer<typeof apiErrorSchema>;
