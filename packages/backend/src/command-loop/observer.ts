/** Where in a command's life something is observed. */
export interface StepMoment {
  readonly command: string;
  readonly step: string;
  readonly moment: 'before' | 'inside' | 'after';
}

let listener: ((moment: StepMoment) => void) | null = null;

/** The kill tests' way in: their process ends itself at a chosen moment. Nothing listens in production. */
export const stepObserver = {
  notify(moment: StepMoment): void {
    listener?.(moment);
  },
  listen(to: ((moment: StepMoment) => void) | null): void {
    listener = to;
  },
};
