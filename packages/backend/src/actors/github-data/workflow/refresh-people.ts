import { z } from 'zod';
import {
  effect,
  transaction,
  type CommandHandler,
  type RunningCommand,
} from '../../../command-loop/handlers.ts';
import { loopRuntime } from '../../../command-loop/runtime.ts';
import { appAddress, userAddress } from '../../addresses.ts';
import type { GitHubDataInput } from './inputs.ts';

type Input = GitHubDataInput<'refreshPeople'>;
const usersSchema = z.array(z.object({ githubId: z.string(), userId: z.string() }));

/**
 * Most members of an organization never used Foundry: only App knows who did (and no User actor is made, R7). When it
 * may concern everybody, everybody who is signed in is asked: whom GitHub shows a repository without being a member is in
 * no list of members.
 */
const find = effect('find users', async ({ signal }, { input }: RunningCommand<Input>) => {
  const { connections } = loopRuntime();
  if (input.githubIds === null) {
    return z.array(z.string()).parse(await connections.call(appAddress(), 'signedInUsers', [], { signal }));
  }
  if (input.githubIds.length === 0) {
    return [];
  }
  const answer = await connections.call(appAddress(), 'usersByGithubId', [{ githubIds: input.githubIds }], {
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

export const refreshPeople: CommandHandler<Input> = { steps: [find, tell] };
