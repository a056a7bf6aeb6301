import { z } from 'zod';
import {
  effect,
  Finish,
  transaction,
  type CommandHandler,
  type RunningCommand,
} from '../../../command-loop/handlers.ts';
import { loopRuntime } from '../../../command-loop/runtime.ts';
import { appAddress, userAddress } from '../../addresses.ts';
import { listMemberIds } from '../db/repository.ts';
import type { GitHubDataInput } from './inputs.ts';

type Input = GitHubDataInput<'refreshPeople'>;
const maxPeople = 1_000;
const usersSchema = z.array(z.object({ githubId: z.string(), userId: z.string() }));

const who = transaction('who', async (t, { input }: RunningCommand<Input>) => {
  const githubIds = input.githubIds ?? (await listMemberIds(t.tx, maxPeople));
  return githubIds.length === 0 ? new Finish(null) : { githubIds };
});

/** Most members of an organization never used Foundry: only App knows who did (and no User actor is made, R7). */
const find = effect('find users', async ({ signal }, command: RunningCommand<Input>) => {
  const found = command.resultOf(who);
  const githubIds = found instanceof Finish ? [] : found.githubIds;
  const answer = await loopRuntime().connections.call(appAddress(), 'usersByGithubId', [{ githubIds }], {
    signal,
  });
  return usersSchema.parse(answer).map(({ userId }) => userId);
});

const tell = transaction('tell', async (t, command: RunningCommand<Input>) => {
  for (const userId of command.resultOf(find)) {
    t.send(userAddress(userId), 'user.command.refreshAccess', { reason: command.input.reason });
  }
  return null;
});

export const refreshPeople: CommandHandler<Input> = { steps: [who, find, tell] };
