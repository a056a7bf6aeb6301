import type { CommandId } from '@foundry/shared/ids';
import type { CommandOutcome } from '@foundry/shared/envelope';
import type { Api, OutcomeAddress } from '../api.ts';
import { ApiError } from '../api-error.ts';
import type { Realtime } from '../realtime/realtime.ts';

const keptOutcomes = 200;

interface Waiter {
  resolve: (outcome: CommandOutcome) => void;
}

/** Finds out what became of accepted commands: by the socket's word, and by asking when that does not come. */
export class Outcomes {
  readonly #api: Pick<Api, 'outcome'>;
  readonly #waiters = new Map<CommandId, Waiter>();
  /** An outcome can arrive before the answer that names its command. */
  readonly #recent = new Map<CommandId, CommandOutcome>();
  readonly #unsubscribe: () => void;
  readonly #pollIntervalMs: number;

  constructor(api: Pick<Api, 'outcome'>, realtime: Pick<Realtime, 'onOutcome'>, pollIntervalMs = 3_000) {
    this.#api = api;
    this.#pollIntervalMs = pollIntervalMs;
    this.#unsubscribe = realtime.onOutcome((outcome) => this.#record(outcome));
  }

  /**
   * Resolves with the command's result; throws ApiError when it failed, or when nothing is known after `timeoutMs`.
   * Without an address (commands to the signed-in person) only the socket can tell.
   */
  async settled(commandId: CommandId, at: OutcomeAddress | null, timeoutMs = 60_000): Promise<unknown> {
    const outcome = this.#recent.get(commandId) ?? (await this.#wait(commandId, at, timeoutMs));
    switch (outcome.status) {
      case 'done':
        return outcome.result;
      case 'failed':
        throw ApiError.fromFailure(outcome.failure);
      case 'accepted':
        throw new ApiError({
          code: 'still_running',
          message:
            'This is taking longer than usual. It continues in the background; the page will show its end.',
          status: 202,
        });
    }
  }

  dispose(): void {
    this.#unsubscribe();
    this.#waiters.clear();
  }

  #wait(commandId: CommandId, at: OutcomeAddress | null, timeoutMs: number): Promise<CommandOutcome> {
    return new Promise((resolve) => {
      const finish = (outcome: CommandOutcome) => {
        clearInterval(poll);
        clearTimeout(deadline);
        this.#waiters.delete(commandId);
        resolve(outcome);
      };
      const ask = async () => {
        if (at === null) return;
        try {
          const outcome = await this.#api.outcome(commandId, at);
          if (outcome.status !== 'accepted') finish(outcome);
        } catch {
          // Not known yet, or the server is away: the next poll or the socket will tell.
          return;
        }
      };
      const poll = setInterval(() => void ask(), this.#pollIntervalMs);
      const deadline = setTimeout(() => finish({ status: 'accepted', commandId }), timeoutMs);
      this.#waiters.set(commandId, { resolve: finish });
    });
  }

  #record(outcome: CommandOutcome): void {
    if (outcome.status === 'accepted') return;
    this.#recent.set(outcome.commandId, outcome);
    const oldest = this.#recent.keys().next();
    if (this.#recent.size > keptOutcomes && oldest.done !== true) this.#recent.delete(oldest.value);
    this.#waiters.get(outcome.commandId)?.resolve(outcome);
  }
}
