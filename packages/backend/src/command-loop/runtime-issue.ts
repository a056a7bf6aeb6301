import type { Logger } from 'pino';
import type { ActorDatabase } from './database.ts';
import { derivedCommandId, systemEnvelope } from './envelopes.ts';
import { writeOutbox } from './store-repository.ts';

export const reportRuntimeIssueName = 'organization.command.reportRuntimeIssue';
export const organizationKind = 'organization';

/** A failure that outlived its retries, before it is counted with its like. */
export interface IssueReport {
  readonly command: string | null;
  readonly step: string | null;
  readonly attempt: number | null;
  readonly message: string;
}

/**
 * Reports a runtime issue of the actor to its organization, by outbox (R6). Actors outside organizations have nobody
 * to tell but the log. Repeats within a minute share one message.
 */
export async function reportIssue(
  db: ActorDatabase,
  self: { kind: string; key: readonly string[] },
  report: IssueReport,
  log: Logger,
): Promise<void> {
  const actor = `${self.kind} ${self.key.join('/')}`;
  log.error({ actor, ...report }, 'runtime issue');
  const [scope, organizationId] = self.key;
  if (scope !== 'org' || organizationId === undefined) {
    return;
  }
  const atMs = Date.now();
  const minute = Math.floor(atMs / 60_000);
  const commandId = derivedCommandId(
    `issue/${actor}/${report.command}/${report.step}/${report.message}`,
    'report',
    minute,
  );
  await writeOutbox(db, [
    {
      id: commandId,
      targetKind: organizationKind,
      targetKey: ['org', organizationId],
      command: reportRuntimeIssueName,
      body: { actor, ...report, message: report.message.slice(0, 2_000), atMs },
      envelope: systemEnvelope(commandId, null),
      notBeforeMs: 0,
    },
  ]);
}
