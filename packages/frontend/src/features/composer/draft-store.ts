import { randomId } from '@foundry/client/random-id';
import type { Draft } from '@foundry/shared/entities';
import type { SetDraftAnswer, SetDraftRequest } from '@foundry/shared/requests';
import { z } from 'zod';
import { readSetting, removeSetting, settingNames, writeSetting } from '../../app/local-setting.ts';

/** Pause in typing after which a draft is saved, in milliseconds. */
const saveDelayMs = 800;
/** A save that did not get through is tried again after this, in milliseconds. */
const retryDelayMs = 5_000;

const pageId = randomId();

/** Where a draft belongs. `sessionId`: null for a task without sessions, undefined while it is not known which is shown. */
export interface DraftPlace {
  userId: string;
  organizationId: string;
  taskId: string;
  sessionId: string | null | undefined;
}

/** `later`: it did not get through, or nobody is signed in any more. `refused`: another try would not help. */
export type SaveDraft = (
  place: DraftPlace,
  request: SetDraftRequest,
) => Promise<SetDraftAnswer | 'later' | 'refused'>;

/** What this browser keeps until the server has it. */
const keptSchema = z.object({
  organizationId: z.string(),
  taskId: z.string(),
  sessionId: z.string().nullable(),
  text: z.string(),
  basedOnMs: z.number().nullable(),
  writer: z.string(),
});

interface Entry {
  readonly place: DraftPlace;
  readonly text: string;
  /** `savedAtMs` of what this goes on with. */
  readonly basedOnMs: number | null;
  /** Of the page that began it: it may save over itself. */
  readonly writer: string;
  /** The server has exactly this text since then; null while it has not. */
  readonly savedAtMs: number | null;
  /** A newer one of another page; nothing is saved until the person has chosen. */
  readonly theirs: Draft | null;
}

/** What this page has written and the server has not shown back yet. Composers come and go; this stays. */
const entries = new Map<string, Entry>();
const timers = new Map<string, ReturnType<typeof setTimeout>>();
const saving = new Set<string>();
const listeners = new Set<() => void>();

export function keyOf({ userId, taskId, sessionId }: DraftPlace): string {
  return `draft.${userId}.${taskId}.${sessionId === undefined ? '?' : (sessionId ?? '')}`;
}

export function subscribeDrafts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function put(key: string, entry: Entry | null): void {
  if (entry === null) entries.delete(key);
  else entries.set(key, entry);
  if (entry === null || entry.savedAtMs !== null) removeSetting(key);
  else if (entry.place.sessionId !== undefined) {
    const { organizationId, taskId, sessionId } = entry.place;
    const { text, basedOnMs, writer } = entry;
    writeSetting(key, { organizationId, taskId, sessionId, text, basedOnMs, writer });
  }
}

function tell(): void {
  for (const listener of listeners) listener();
}

/** Undefined when the server's text is the newest. */
export function unseenDraft(key: string): Entry | undefined {
  return entries.get(key);
}

/** `shown` is the server's draft that the person sees, if there is one. */
export function writeDraft(place: DraftPlace, text: string, shown: Draft | undefined, save: SaveDraft): void {
  const key = keyOf(place);
  const before = entries.get(key);
  put(key, {
    place,
    text,
    basedOnMs: before?.savedAtMs ?? before?.basedOnMs ?? shown?.savedAtMs ?? null,
    writer: before?.writer ?? pageId,
    savedAtMs: null,
    theirs: before?.theirs ?? null,
  });
  schedule(key, text === '' ? 0 : saveDelayMs, save);
  tell();
}

function schedule(key: string, delayMs: number, save: SaveDraft): void {
  clearTimeout(timers.get(key));
  timers.set(
    key,
    setTimeout(() => saveDraft(key, save), delayMs),
  );
}

/** Saves at once what still waits. */
export function saveDraft(key: string, save: SaveDraft): void {
  clearTimeout(timers.get(key));
  timers.delete(key);
  void trySave(key, save);
}

async function trySave(key: string, save: SaveDraft): Promise<void> {
  const entry = entries.get(key);
  if (entry === undefined || entry.savedAtMs !== null || entry.theirs !== null || saving.has(key)) return;
  const { sessionId } = entry.place;
  if (sessionId === undefined) return;
  saving.add(key);
  const { text, basedOnMs, writer } = entry;
  const answer = await save(entry.place, { sessionId, text, basedOnMs, writer });
  saving.delete(key);
  const now = entries.get(key);
  if (now === undefined) return;
  if (answer === 'refused') {
    if (now.text !== text) schedule(key, 0, save);
    return;
  }
  if (answer === 'later') return schedule(key, retryDelayMs, save);
  const { saved, draft } = answer;
  if (saved && now.text === text) put(key, draft === null ? null : { ...now, savedAtMs: draft.savedAtMs });
  else if (saved) {
    put(key, { ...now, basedOnMs: draft?.savedAtMs ?? null });
    schedule(key, 0, save);
  } else if (now.text === '') put(key, null);
  else put(key, { ...now, theirs: draft });
  tell();
}

/** The server shows this now: the page's own copy is needed no longer once that is as new. */
export function draftSeen(key: string, shown: Draft | undefined): void {
  const entry = entries.get(key);
  if (entry === undefined || entry.savedAtMs === null) return;
  const isGone = entry.text === '' && shown === undefined;
  if (!isGone && (shown?.savedAtMs ?? 0) < entry.savedAtMs) return;
  put(key, null);
  tell();
}

/** The person has looked at both: `mine` replaces the other page's, else that one is gone on with. */
export function chooseDraft(key: string, which: 'mine' | 'theirs', save: SaveDraft): void {
  const entry = entries.get(key);
  if (entry === undefined) return;
  if (which === 'theirs') put(key, null);
  else {
    put(key, { ...entry, basedOnMs: entry.theirs?.savedAtMs ?? null, theirs: null });
    schedule(key, 0, save);
  }
  tell();
}

/**
 * What was written before it was known to which session goes along to that one; nothing that either has is lost. To be
 * called while rendering, so that the text and the caret in it never go away: it tells nobody.
 */
export function moveDraft(
  from: { place: DraftPlace; shown: Draft | undefined },
  to: { place: DraftPlace; shown: Draft | undefined },
  save: SaveDraft,
): void {
  const [fromKey, toKey] = [keyOf(from.place), keyOf(to.place)];
  const text = entries.get(fromKey)?.text ?? from.shown?.text ?? '';
  if (text === '') return;
  const there = entries.get(toKey)?.text ?? to.shown?.text ?? '';
  const both = there === '' ? text : `${there}\n${text}`;
  const write = (place: DraftPlace, next: string, shown: Draft | undefined) => {
    const before = entries.get(keyOf(place));
    put(keyOf(place), {
      place,
      text: next,
      basedOnMs: before?.basedOnMs ?? shown?.savedAtMs ?? null,
      writer: before?.writer ?? pageId,
      savedAtMs: null,
      theirs: before?.theirs ?? null,
    });
    schedule(keyOf(place), saveDelayMs, save);
  };
  write(to.place, both, to.shown);
  if (from.place.sessionId === undefined) put(fromKey, null);
  else write(from.place, '', from.shown);
}

/** What an earlier page of this person could not save any more: from now on as if it were written here. */
export function restoreDrafts(userId: string, save: SaveDraft): void {
  for (const key of settingNames(`draft.${userId}.`)) {
    const kept = readSetting(key, keptSchema);
    if (kept === null || entries.has(key)) continue;
    const { organizationId, taskId, sessionId, ...rest } = kept;
    const place = { userId, organizationId, taskId, sessionId };
    entries.set(key, { place, ...rest, savedAtMs: null, theirs: null });
    schedule(key, 0, save);
  }
  tell();
}
