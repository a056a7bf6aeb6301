import type { WorkflowErrorEvent } from 'rivetkit/workflow';
import type { ActorDatabase } from './database.ts';
import { errorMessage } from './errors.ts';
import type { LoopRun } from './loop-types.ts';
import { reportIssue, reportRuntimeIssueName, type IssueReport } from './runtime-issue.ts';
import { loopRuntime } from './runtime.ts';

/** The one error hook of every workflow (R6). Fires on every retry: only the last one is an issue. */
export async function onError(context: LoopRun, problem: WorkflowErrorEvent): Promise<void> {
  const self = { kind: context.name, key: context.key };
  if ('step' in problem) {
    const { stepName, attempt, willRetry, error } = problem.step;
    // The report of an issue must not become another issue.
    if (!willRetry && !stepName.includes(reportRuntimeIssueName)) {
      const [command, step] = stepName.split('/');
      await tryReport(context.db, self, {
        command: command ?? stepName,
        step: step ?? null,
        attempt,
        message: error.message,
      });
    }
    return;
  }
  const message = 'workflow' in problem ? problem.workflow.error.message : 'a rollback failed';
  await tryReport(context.db, self, { command: null, step: null, attempt: null, message });
}

/** Reporting must not become a second failure; what could not be written is in the log. */
export async function tryReport(
  db: ActorDatabase,
  self: { kind: string; key: readonly string[] },
  report: IssueReport,
): Promise<void> {
  const { log } = loopRuntime();
  try {
    await reportIssue(db, self, report, log);
  } catch (error) {
    log.error({ actor: self, report, err: errorMessage(error) }, 'a runtime issue could not be reported');
  }
}
