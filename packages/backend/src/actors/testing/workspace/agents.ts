import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProcessesByEnvironment } from '../../../sandbox/providers/local-process.ts';
import type { Workspace } from './harness.ts';

/** Ends the demo agents of a task's sessions, children of its sandbox's server, as a crash does. */
export async function killAgents(workspace: Workspace, taskId: string): Promise<void> {
  const { task } = await workspace.taskSnapshot(taskId);
  const folder = join(workspace.dataDir, 'sandboxes', task.sandbox?.id ?? '');
  for (const pid of await findProcessesByEnvironment(`FOUNDRY_LOCAL_SANDBOX=${folder}`)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    if (command.includes('demo-agent')) {
      process.kill(pid, 'SIGKILL');
    }
  }
}
