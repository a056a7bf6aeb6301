import type { Message, Session } from '@foundry/shared/entities';
import type { Change, SessionSnapshot } from '@foundry/shared/topics';
import type { TranscriptItem } from '@foundry/shared/transcript';
import { reconcile, toEntityMap, withEntity, withoutEntity } from './entity-map.ts';
import type { EntityMap } from './entity-map.ts';

export interface SessionState {
  version: number;
  session: Session;
  messages: EntityMap<Message>;
  /** In order of `sequence`, without gaps. */
  items: readonly TranscriptItem[];
  /** Sequence to page backwards from, or null when the first item is here. */
  olderCursor: number | null;
}

export function sessionFromSnapshot(snapshot: SessionSnapshot, previous?: SessionState): SessionState {
  const messages = reconcile(
    previous?.messages,
    toEntityMap(snapshot.messages, (message) => message.id),
  );
  return { version: snapshot.version, session: snapshot.session, messages, ...joinOlder(snapshot, previous) };
}

/** Older pages that were already read stay, if no item is missing between them and the snapshot. */
function joinOlder(
  snapshot: SessionSnapshot,
  previous: SessionState | undefined,
): Pick<SessionState, 'items' | 'olderCursor'> {
  const first = snapshot.items[0];
  const lastKnown = previous?.items.at(-1);
  const joins =
    previous !== undefined &&
    first !== undefined &&
    lastKnown !== undefined &&
    lastKnown.sequence >= first.sequence - 1 &&
    (previous.items[0]?.sequence ?? first.sequence) < first.sequence;
  if (!joins) return { items: snapshot.items, olderCursor: snapshot.olderCursor };
  const older = previous.items.filter((item) => item.sequence < first.sequence);
  return { items: [...older, ...snapshot.items], olderCursor: previous.olderCursor };
}

export function applySessionChange(state: SessionState, change: Change): SessionState {
  const next = { ...state, version: change.version };
  let items: TranscriptItem[] | undefined;
  for (const upsert of change.upserts) {
    if (upsert.type === 'session') next.session = upsert.entity;
    else if (upsert.type === 'message')
      next.messages = withEntity(next.messages, upsert.entity.id, upsert.entity);
    else if (upsert.type === 'item') placeItem((items ??= [...state.items]), upsert.entity);
  }
  if (items !== undefined) next.items = items;
  for (const remove of change.removes) {
    if (remove.type === 'message') next.messages = withoutEntity(next.messages, remove.id);
  }
  return next;
}

/** Replaces the item with the same sequence or appends; an item before the loaded pages is left for its page. */
function placeItem(items: TranscriptItem[], item: TranscriptItem): void {
  const first = items[0];
  if (first === undefined) {
    items.push(item);
    return;
  }
  const index = item.sequence - first.sequence;
  if (index < 0) return;
  if (index < items.length) items[index] = item;
  else items.push(item);
}

/** Puts an older page in front. A page that does not end right before the first item is ignored. */
export function addOlderItems(
  state: SessionState,
  page: { items: readonly TranscriptItem[]; olderCursor: number | null },
): SessionState {
  const first = state.items[0];
  const older =
    first === undefined ? page.items : page.items.filter((item) => item.sequence < first.sequence);
  const last = older.at(-1);
  if (first !== undefined && last !== undefined && last.sequence !== first.sequence - 1) return state;
  return { ...state, items: [...older, ...state.items], olderCursor: page.olderCursor };
}
