/** GitHub's opaque ids: a prefix for the kind and the number, which the GraphQL mutations turn back. */
export type NodeKind = 'U' | 'O' | 'R' | 'PR' | 'PRR' | 'IC' | 'CS' | 'CR' | 'A' | 'MDIz' | 'REF' | 'C';

export function nodeId(kind: NodeKind, id: number | string): string {
  return `${kind}_${Buffer.from(String(id)).toString('base64url')}`;
}

/** The number in a node id of this kind, or undefined when it is something else. */
export function nodeNumber(kind: NodeKind, text: string): number | undefined {
  if (!text.startsWith(`${kind}_`)) return undefined;
  const id = Number(Buffer.from(text.slice(kind.length + 1), 'base64url').toString('utf8'));
  return Number.isSafeInteger(id) ? id : undefined;
}
