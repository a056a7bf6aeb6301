/** A message sent before its conversation was there goes out once it is, within this time; else it stays a draft. */
const wishMs = 15_000;

let wish: { taskId: string; text: string; atMs: number } | null = null;

/** Remembers that this text is to be sent as soon as it can be. */
export function wishToSend(taskId: string, text: string): void {
  wish = { taskId, text, atMs: Date.now() };
}

/** Whether exactly this text is to be sent; a text that was changed since is not. */
export function isWished(taskId: string, text: string): boolean {
  return wish !== null && wish.taskId === taskId && wish.text === text && Date.now() - wish.atMs < wishMs;
}

export function forgetWish(): void {
  wish = null;
}
