/** Where in a command's life something is observed. */
export interface StepMoment {
  readonly command: string;
  readonly step: string;
  readonly commandId: string;
  readonly key: readonly string[];
  /** `inside` is after the work and before its commit. */
  readonly moment: 'before' | 'inside' | 'after';
}

type Listener = (moment: StepMoment) => Promise<void>;

let listener: Listener | null = null;

/** The kill tests' way in: they hold steps at a chosen moment and end the process there. Nothing listens in production. */
export const stepObserver = {
  async notify(moment: StepMoment): Promise<void> {
    if (listener !== null) {
      await listener(moment);
    }
  },
  listen(to: Listener | null): void {
    listener = to;
  },
};
