import { userAuthHandler } from '../../../auth/actor-commands.ts';
import type { UserAuthOperation } from '../../../auth/auth-store.ts';
import { single, type TransactionStep } from '../../../command-loop/handlers.ts';
import { userAddress } from '../../addresses.ts';
import { readProfile } from '../db/repository.ts';
import { userIdOf } from './inputs.ts';

const [write] = userAuthHandler().steps;

function isTransaction(step: typeof write): step is TransactionStep<UserAuthOperation> {
  return step?.kind === 'transaction';
}

/** Better Auth's write, and what follows from it here: a sign-in reads the access anew, a changed profile is told. */
export const authWrite = single<UserAuthOperation>(async (t, command) => {
  if (!isTransaction(write)) {
    throw new Error('the sign-in write is one transaction');
  }
  const before = JSON.stringify(await readProfile(t.tx));
  const result = await write.run(t, command);
  const { input } = command;
  if (input.kind === 'create' && input.model === 'session') {
    t.send(userAddress(userIdOf(t.key)), 'user.command.refreshAccess', { reason: 'signed in' });
  }
  const profile = await readProfile(t.tx);
  if (profile !== null && JSON.stringify(profile) !== before) {
    t.upsert({ type: 'profile', entity: profile });
  }
  return result;
});
