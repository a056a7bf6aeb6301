import { app } from './app/index.ts';
import { auditLog } from './audit-log/index.ts';
import { githubData } from './github-data/index.ts';
import { organization } from './organization/index.ts';
import { repository } from './repository/index.ts';
import { sandboxInstance } from './sandbox-instance/index.ts';
import { sessionStatusSync } from './session-status-sync/index.ts';
import { taskSession } from './task-session/index.ts';
import { task } from './task/index.ts';
import { user } from './user/index.ts';

/** Every actor of Foundry, by the name its address has. */
export const actors = {
  app,
  auditLog,
  githubData,
  organization,
  repository,
  sandboxInstance,
  sessionStatusSync,
  task,
  taskSession,
  user,
};
