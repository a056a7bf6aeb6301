import type { AuditEntry, RuntimeIssue } from '@foundry/shared/entities';

/* What the background tells of itself, in words: names of actors and commands and ids of requests are for the log. */

/** Who acted, when that tells more than the entry itself; null when there is only an id to show. */
export function causeText({ causedBy }: Pick<AuditEntry, 'causedBy'>): string | null {
  return causedBy?.startsWith('delivery:') === true ? 'told by a webhook of GitHub' : null;
}

const placesByActor = new Map(
  Object.entries({
    organization: 'The organization’s overview',
    auditLog: 'The activity feed',
    githubData: 'Reading and writing GitHub',
    repository: 'A repository’s overview',
    task: 'A task',
    taskSession: 'A conversation',
    sessionStatusSync: 'Following an agent’s turn',
    sandboxInstance: 'A workspace',
  }),
);

/** What had the problem. */
export function issuePlace({ actor }: Pick<RuntimeIssue, 'actor'>): string {
  return placesByActor.get(/^[A-Za-z]*/.exec(actor)?.[0] ?? '') ?? 'A part of Foundry';
}

/** The issue's own words without the names of commands and steps in front of them. */
export function issueText({ message }: Pick<RuntimeIssue, 'message'>): string {
  const text = message.replace(/^(?:step \d+ of )?[A-Za-z]+\.command\.\w+(?:\/\S+)? (?:failed: )?/, '');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
