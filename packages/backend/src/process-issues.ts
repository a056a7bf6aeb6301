import { hostname } from 'node:os';
import { organizationAddress } from './actors/addresses.ts';
import type { ActorConnections } from './command-loop/connections.ts';
import { derivedCommandId, systemEnvelope } from './command-loop/envelopes.ts';
import { processLimits } from './limits.ts';
import { listOrganizations } from './list-organizations.ts';
import type { Logger } from './log.ts';
import type { UncaughtErrorKind } from './uncaught-errors.ts';

/** An error that belongs to a process belongs to no organization: each of them is told, so that somebody sees it. */
async function tellOrganizations(
  connections: ActorConnections,
  log: Logger,
  error: Error,
  kind: string,
): Promise<void> {
  try {
    await report(connections, error, kind);
  } catch (problem) {
    log.error({ error: problem }, 'an uncaught error could not be reported as a runtime issue');
  }
}

async function report(connections: ActorConnections, error: Error, kind: string): Promise<void> {
  const organizations = await listOrganizations(
    async (address, action, args) => await connections.call(address, action, args),
    processLimits.organizationsToldOfErrors,
  );
  const atMs = Date.now();
  const actor = `process ${hostname()} ${process.pid}`;
  for (const { id } of organizations) {
    const commandId = derivedCommandId(
      `${actor}/${kind}/${error.message}/${id}`,
      'report',
      Math.floor(atMs / 60_000),
    );
    await connections.send(
      organizationAddress(id),
      'organization.command.reportRuntimeIssue',
      { actor, command: null, step: kind, attempt: null, message: error.message.slice(0, 2_000), atMs },
      systemEnvelope(commandId, null),
    );
  }
}

/**
 * Makes runtime issues of what happens to the whole process (R6): errors that nobody caught, storage that was lost.
 * `connections` is asked at that moment: early in a start there are none yet, and the log has to do.
 */
export function processIssueReporter(
  connections: () => ActorConnections | null,
  log: Logger,
): (error: Error, kind: UncaughtErrorKind | 'storageLost') => void {
  return (error, kind) => {
    const open = connections();
    if (open === null) {
      return;
    }
    void tellOrganizations(open, log, error, kind);
  };
}
