/** The one action of the audit log that messages are delivered to. */
export const auditAppendName = 'append';
export const auditLogKind = 'auditLog';

/** The audit log of the organization that an actor's key belongs to; null for actors outside organizations. */
export function auditLogAddressOf(key: readonly string[]): { kind: string; key: readonly string[] } | null {
  const [scope, organizationId] = key;
  return scope === 'org' && organizationId !== undefined
    ? { kind: auditLogKind, key: ['org', organizationId, 'audit'] }
    : null;
}
