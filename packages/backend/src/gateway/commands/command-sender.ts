import { randomUUID } from 'node:crypto';
import type { CommandOutcome, Envelope } from '@foundry/shared/envelope';
import type { ActorAddress, Catalog, CommandInput, CommandName } from '../../command-loop/catalog.ts';
import type { ActorConnections } from '../../command-loop/connections.ts';
import { gatewayLimits } from '../../limits.ts';
import { failureError, HttpError } from '../errors.ts';
import { whileOutcomeUnknown } from '../retry.ts';
import { internalCommandId } from './command-ids.ts';

/** Whom a command is carried out for. */
export interface Sender {
  readonly userId: string;
  readonly login: string;
  /** The HTTP request that asked for it. */
  readonly requestId: string;
}

export interface SendOptions {
  /** As the person gave it; a new one when left out. */
  readonly commandId?: string | undefined;
}

/** Hands people's commands to actors; the envelope says who sent them, and no request can say otherwise. */
export class CommandSender {
  readonly #connections: ActorConnections;

  constructor(connections: ActorConnections) {
    this.#connections = connections;
  }

  /**
   * Returns when the actor has the command durably.
   * @returns the commandId for the person. @throws UnknownOutcomeError, ActorRefusedError
   */
  async send<C extends Catalog, N extends CommandName<C>>(
    sender: Sender,
    address: ActorAddress<C>,
    name: N,
    body: CommandInput<C, N>,
    options: SendOptions = {},
  ): Promise<string> {
    const commandId = options.commandId ?? randomUUID();
    const envelope = this.#envelope(sender, commandId);
    await whileOutcomeUnknown((timeoutMs) =>
      this.#connections.enqueue(address, [{ name, body, envelope }], { timeoutMs }),
    );
    return commandId;
  }

  /**
   * Waits for the command's result (R3: only to create something). @throws HttpError for a failure, and 503
   * `still_running` when it takes too long: a repeat with the same id gets the result.
   */
  async sendAndWait<C extends Catalog, N extends CommandName<C>>(
    sender: Sender,
    address: ActorAddress<C>,
    name: N,
    body: CommandInput<C, N>,
    options: SendOptions = {},
  ): Promise<unknown> {
    const commandId = options.commandId ?? randomUUID();
    const envelope = this.#envelope(sender, commandId);
    const deadlineMs = Date.now() + gatewayLimits.createWaitMs;
    // Asked again in short intervals: an engine that died meanwhile is found out, and the same command sent anew.
    let outcome: CommandOutcome;
    do {
      outcome = await whileOutcomeUnknown(() =>
        this.#connections.sendAndWait(address, name, body, envelope, gatewayLimits.createAttemptMs),
      );
    } while (outcome.status === 'accepted' && Date.now() < deadlineMs);
    switch (outcome.status) {
      case 'done':
        return outcome.result;
      case 'failed':
        throw failureError(outcome.failure);
      case 'accepted':
        throw new HttpError(
          503,
          'still_running',
          'This takes longer than usual and goes on in the background. Sending it again with the same id shows its result.',
          { retryAfterMs: gatewayLimits.retryAfterMs },
        );
    }
  }

  #envelope(sender: Sender, commandId: string): Envelope {
    return {
      commandId: internalCommandId(sender.userId, commandId),
      causedBy: `request:${sender.requestId}`,
      by: { kind: 'person', userId: sender.userId, login: sender.login },
      at: Date.now(),
    };
  }
}
