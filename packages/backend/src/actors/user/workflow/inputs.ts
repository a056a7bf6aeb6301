import type { CommandName, ParsedInput } from '../../../command-loop/catalog.ts';
import type { UserCatalog } from '../commands.ts';

/** Parsed body of `user.command.<N>`. */
export type UserInput<N extends string> =
  `user.command.${N}` extends CommandName<UserCatalog>
    ? ParsedInput<UserCatalog, `user.command.${N}`>
    : never;

/** The person an actor's key belongs to. */
export function userIdOf(key: readonly string[]): string {
  const [, userId] = key;
  if (userId === undefined) {
    throw new Error(`${key.join('/')} is no key of a User actor`);
  }
  return userId;
}
