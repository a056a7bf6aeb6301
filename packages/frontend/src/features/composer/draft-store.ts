/** Pause in typing after which a draft is saved, in milliseconds. */
const saveDelayMs = 800;

type Save = (draft: string) => Promise<unknown>;
interface Draft {
  text: string;
  /** Set while the text waits to be saved. */
  pending: { timer: ReturnType<typeof setTimeout>; save: Save } | null;
}

/** By task: what this page has written and the server has not shown back yet. Composers come and go; this stays. */
const drafts = new Map<string, Draft>();
const listeners = new Set<() => void>();

export function subscribeDrafts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Undefined when the server's text is the newest. */
export function unseenDraft(taskId: string): string | undefined {
  return drafts.get(taskId)?.text;
}

export function writeDraft(taskId: string, text: string, save: Save): void {
  clearTimeout(drafts.get(taskId)?.pending?.timer);
  const timer = setTimeout(() => saveDraft(taskId), saveDelayMs);
  drafts.set(taskId, { text, pending: { timer, save } });
  for (const listener of listeners) listener();
}

/** Saves at once what still waits. */
export function saveDraft(taskId: string): void {
  const draft = drafts.get(taskId);
  if (draft === undefined || draft.pending === null) return;
  clearTimeout(draft.pending.timer);
  const { save } = draft.pending;
  drafts.set(taskId, { text: draft.text, pending: null });
  void save(draft.text);
}

/** The server shows this text now: the page's own copy is needed no longer if it is the same. */
export function draftSeen(taskId: string, text: string): void {
  const draft = drafts.get(taskId);
  if (draft?.pending === null && draft.text === text) drafts.delete(taskId);
}
