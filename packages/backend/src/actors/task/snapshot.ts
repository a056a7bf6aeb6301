import type { Session, Task } from '@foundry/shared/entities';
import type { TaskSnapshot } from '@foundry/shared/topics';
import type { ActorDatabase } from '../../command-loop/database.ts';
import { readVersion } from '../../command-loop/store-repository.ts';
import { taskLimits } from '../../limits.ts';
import { listSessions, readTask, type TaskRecord } from './db/repository.ts';

/** The task as its topic shows it. */
export function toTask(record: TaskRecord): Task {
  return {
    id: record.taskId,
    repositoryId: record.repository.id,
    title: record.title,
    branch: record.branch,
    baseBranch: record.baseBranch,
    source: record.source,
    status: record.status,
    pullRequest: record.pullRequest,
    activity: record.activity,
    primaryUserLogin: record.owner?.login ?? record.primaryUserLogin,
    primaryUserAvatarUrl: record.owner === null ? record.primaryUserAvatarUrl : record.owner.avatarUrl,
    contentVersion: record.contentVersion,
    createdAtMs: record.createdAtMs,
    updatedAtMs: record.updatedAtMs,
    owner: record.owner,
    sandbox: record.sandbox,
    changes: record.changes,
    publish: record.publish,
  };
}

/** Version and data of one moment; null before the task was opened. */
export async function readSnapshot(db: ActorDatabase): Promise<TaskSnapshot | null> {
  return await db.transaction(async (tx) => {
    const record = await readTask(tx);
    return record === null
      ? null
      : { version: await readVersion(tx), task: toTask(record), sessions: fitModels(await listSessions(tx)) };
  });
}

/** Agents offer many models, and a task has many sessions: those that do not fit are on their session's own page. */
function fitModels(sessions: readonly Session[]): Session[] {
  let sizeBytes = 0;
  return sessions.map((session) => {
    sizeBytes += Buffer.byteLength(JSON.stringify(session.models));
    return sizeBytes <= taskLimits.modelsSizeBytes ? session : { ...session, models: [] };
  });
}
