import {
  commandIdSchema,
  messageIdSchema,
  organizationIdSchema,
  sessionIdSchema,
  taskIdSchema,
} from '@foundry/shared/ids';
import { z } from 'zod';
import { gatewayLimits } from '../../limits.ts';

export const organizationPath = '/api/v1/organizations/{organizationId}';
export const taskPath = `${organizationPath}/tasks/{taskId}` as const;
export const sessionPath = `${taskPath}/sessions/{sessionId}` as const;

export const organizationParams = z.object({ organizationId: organizationIdSchema });
export const taskParams = organizationParams.extend({ taskId: taskIdSchema });
export const sessionParams = taskParams.extend({ sessionId: sessionIdSchema });
export const messageParams = sessionParams.extend({ messageId: messageIdSchema });

export const pageQuery = z.object({
  cursor: z.string().max(1_000).optional(),
  limit: z.coerce.number().int().min(1).max(gatewayLimits.pageSizeMax).default(gatewayLimits.pageSize),
});
/** For commands without a body. */
export const commandQuery = z.object({ commandId: commandIdSchema.optional() });
