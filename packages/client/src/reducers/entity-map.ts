/** Entities by id. Never changed in place: an unchanged entity keeps its reference from one version to the next. */
export type EntityMap<T> = ReadonlyMap<string, T>;

export function toEntityMap<T>(entities: readonly T[], idOf: (entity: T) => string): EntityMap<T> {
  return new Map(entities.map((entity) => [idOf(entity), entity]));
}

export function withEntity<T>(map: EntityMap<T>, id: string, entity: T): EntityMap<T> {
  return new Map(map).set(id, entity);
}

export function withoutEntity<T>(map: EntityMap<T>, id: string): EntityMap<T> {
  if (!map.has(id)) return map;
  const next = new Map(map);
  next.delete(id);
  return next;
}

/**
 * A new snapshot's entities, with the old object wherever nothing in it changed, so that a resubscription
 * re-renders only what is different.
 */
export function reconcile<T>(previous: EntityMap<T> | undefined, next: EntityMap<T>): EntityMap<T> {
  if (previous === undefined) return next;
  let same = previous.size === next.size;
  const result = new Map<string, T>();
  for (const [id, entity] of next) {
    const old = previous.get(id);
    const keep = old !== undefined && isSameValue(old, entity);
    result.set(id, keep ? old : entity);
    same &&= keep;
  }
  return same ? previous : result;
}

/** Deep equality of plain JSON values. */
export function isSameValue(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const leftEntries = Object.entries(left);
  const rightMap = new Map<string, unknown>(Object.entries(right));
  if (leftEntries.length !== rightMap.size) return false;
  return leftEntries.every(([key, value]) => rightMap.has(key) && isSameValue(value, rightMap.get(key)));
}
