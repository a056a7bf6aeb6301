import { single } from '../../../command-loop/handlers.ts';
import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { userAddress } from '../../addresses.ts';
import type { AppCatalog } from '../commands.ts';
import { listOrganizations, readFirstAccount, writeFirstAccount } from '../db/repository.ts';

type Input = ParsedInput<AppCatalog, 'app.command.claimServer'>;
type Candidate = Input['candidates'][number];

/** Installation ids grow with time. */
function oldest(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.toSorted((a, b) => Number(a.installationId) - Number(b.installationId))[0];
}

export const claimServer = single<Input>(async (t, { input }) => {
  const known = await readFirstAccount(t.tx);
  if (known !== null) {
    return known;
  }
  // A server of an earlier version has accounts already: one that asks now is not older than those.
  const served = (await listOrganizations(t.tx)).flatMap(({ id, login, installation }) =>
    installation?.status === 'active' ? [{ id, login, installationId: installation.id }] : [],
  );
  const chosen = oldest([...served, ...input.candidates]);
  if (chosen === undefined) {
    throw new Error('a claim names an account');
  }
  const account = { id: chosen.id, login: chosen.login };
  await writeFirstAccount(t.tx, account, t.nowMs);
  if (input.userId !== null) {
    t.send(userAddress(input.userId), 'user.command.refreshAccess', { reason: 'the first account came' });
  }
  return account;
});
