import { createHash } from 'node:crypto';
import type { CommandOutcome } from '@foundry/shared/envelope';
import { commandIdSchema } from '@foundry/shared/ids';
import { HttpError } from '../errors.ts';

/*
 * Actors recognise a command by its id and answer a repeat with the first one's outcome. People choose their ids, and
 * ids of others show in the audit log: so each person gets a name space, and nobody's repeat is another's command.
 */

/** The id under which an actor knows a person's command. @throws HttpError 400 when it is too long. */
export function internalCommandId(userId: string, commandId: string): string {
  const internal = commandIdSchema.safeParse(`${userId}.${commandId}`);
  if (!internal.success) {
    throw new HttpError(400, 'invalid_input', 'commandId is too long: use a UUID.');
  }
  return internal.data;
}

/** The id as the person gave it; unchanged when it is not one of theirs. */
export function externalCommandId(userId: string, commandId: string): string {
  const prefix = `${userId}.`;
  return commandId.startsWith(prefix) ? commandId.slice(prefix.length) : commandId;
}

export function externalOutcome(userId: string, outcome: CommandOutcome): CommandOutcome {
  return { ...outcome, commandId: externalCommandId(userId, outcome.commandId) };
}

/** An id for something a command creates: the same command gives the same id however often it is sent. */
export function idFromCommand(prefix: 'task_' | 'session_' | '', commandId: string, part: string): string {
  const hash = createHash('sha256').update(`${part}\n${commandId}`).digest('hex');
  return `${prefix}${hash.slice(0, 32)}`;
}
