import type { z } from 'zod';
import type { ActorAddress } from '../command-loop/catalog.ts';
import { ActorRefusedError } from '../command-loop/connections.ts';
import { CommandError } from '../command-loop/errors.ts';
import { loopRuntime } from '../command-loop/runtime.ts';
import { taskLimits } from '../limits.ts';

/**
 * Reads from another actor inside an effect; the answer is parsed (R15).
 * @throws {CommandError} with the other actor's code and words when it refuses; other errors are worth a retry.
 */
export async function readFromActor<T extends z.ZodType>(
  address: ActorAddress,
  action: string,
  input: unknown,
  schema: T,
  signal?: AbortSignal,
): Promise<z.output<T>> {
  try {
    return schema.parse(
      await loopRuntime().connections.call(address, action, [input], {
        timeoutMs: taskLimits.actorCallTimeoutMs,
        ...(signal === undefined ? {} : { signal }),
      }),
    );
  } catch (error) {
    if (error instanceof ActorRefusedError) {
      throw new CommandError(error.code, error.message, { retryable: true, cause: error });
    }
    throw error;
  }
}
