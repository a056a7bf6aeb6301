import { auditLogAddressOf, auditLogKind } from '../command-loop/audit.ts';
import type { ActorAddress } from '../command-loop/catalog.ts';
import type { AppCatalog } from './app/commands.ts';
import type { GitHubDataCatalog } from './github-data/commands.ts';
import type { OrganizationCatalog } from './organization/commands.ts';
import type { RepositoryCatalog } from './repository/commands.ts';
import type { SandboxInstanceCatalog } from './sandbox-instance/commands.ts';
import type { SessionStatusSyncCatalog } from './session-status-sync/commands.ts';
import type { TaskSessionCatalog } from './task-session/commands.ts';
import type { TaskCatalog } from './task/commands.ts';
import type { UserCatalog } from './user/commands.ts';

/*
 * Where every actor is found. Keys start with the organization (or the person), so that whoever reads a log or the
 * inspector sees at once whose actor it is.
 */

export function appAddress(): ActorAddress<AppCatalog> {
  return { kind: 'app', key: ['app'] };
}

export function userAddress(userId: string): ActorAddress<UserCatalog> {
  return { kind: 'user', key: ['user', userId] };
}

export function organizationAddress(organizationId: string): ActorAddress<OrganizationCatalog> {
  return { kind: 'organization', key: ['org', organizationId] };
}

/** Takes no commands: only `append` and `page`. */
export function auditLogAddress(organizationId: string): ActorAddress {
  return auditLogAddressOf(['org', organizationId]) ?? { kind: auditLogKind, key: [] };
}

export function gitHubDataAddress(organizationId: string): ActorAddress<GitHubDataCatalog> {
  return { kind: 'githubData', key: ['org', organizationId, 'github'] };
}

export function repositoryAddress(
  organizationId: string,
  repositoryId: string,
): ActorAddress<RepositoryCatalog> {
  return { kind: 'repository', key: ['org', organizationId, 'repo', repositoryId] };
}

export function taskAddress(organizationId: string, taskId: string): ActorAddress<TaskCatalog> {
  return { kind: 'task', key: ['org', organizationId, 'task', taskId] };
}

export function taskSessionAddress(
  organizationId: string,
  sessionId: string,
): ActorAddress<TaskSessionCatalog> {
  return { kind: 'taskSession', key: ['org', organizationId, 'session', sessionId] };
}

/** Lives next to the session: one stream at most is followed for it. */
export function sessionStatusSyncAddress(
  organizationId: string,
  sessionId: string,
): ActorAddress<SessionStatusSyncCatalog> {
  return { kind: 'sessionStatusSync', key: ['org', organizationId, 'status', sessionId] };
}

export function sandboxInstanceAddress(
  organizationId: string,
  providerId: string,
  sandboxId: string,
): ActorAddress<SandboxInstanceCatalog> {
  return { kind: 'sandboxInstance', key: ['org', organizationId, 'sandbox', providerId, sandboxId] };
}

/** The organization at the head of an actor's key. @throws for actors outside organizations. */
export function organizationIdOf(key: readonly string[]): string {
  const [scope, organizationId] = key;
  if (scope !== 'org' || organizationId === undefined) {
    throw new Error(`${key.join('/')} belongs to no organization`);
  }
  return organizationId;
}
