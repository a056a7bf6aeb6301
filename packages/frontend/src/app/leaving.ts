let leaving = false;

/** This tab is signing out by itself: the end of its session is no surprise to tell of. */
export function setLeaving(isLeaving: boolean): void {
  leaving = isLeaving;
}

export function isLeaving(): boolean {
  return leaving;
}
