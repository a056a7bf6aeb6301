import { auditLog } from './audit-log/index.ts';
import { organization } from './organization/index.ts';
import { sandboxInstance } from './sandbox-instance/index.ts';
import { sessionStatusSync } from './session-status-sync/index.ts';
import { taskSession } from './task-session/index.ts';
import { task } from './task/index.ts';

/** Every actor of Foundry, by the name its address has. */
export const actors = { auditLog, organization, sandboxInstance, sessionStatusSync, task, taskSession };
