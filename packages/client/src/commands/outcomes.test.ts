import type { CommandOutcome } from '@foundry/shared/envelope';
import { describe, expect, test } from 'vitest';
import { ApiError, toApiError } from '../api-error.ts';
import { Outcomes } from './outcomes.ts';

const at = { organizationId: '1', actor: 'task', id: 'pr_1_1' } as const;
const done = (result: unknown): CommandOutcome => ({
  status: 'done',
  commandId: 'c-1',
  result,
  finishedAt: 1,
});

/** The socket's side and the server's side of outcomes, as the test wants them. */
function setUp(answers: readonly (CommandOutcome | ApiError)[] = []) {
  const listeners = new Set<(outcome: CommandOutcome) => void>();
  let asked = 0;
  const outcomes = new Outcomes(
    {
      outcome: () => {
        const answer = answers[Math.min(asked, answers.length - 1)];
        asked += 1;
        if (answer === undefined) return Promise.resolve({ status: 'accepted', commandId: 'c-1' });
        return answer instanceof ApiError ? Promise.reject(answer) : Promise.resolve(answer);
      },
    },
    {
      onOutcome: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    5,
  );
  const report = (outcome: CommandOutcome) => {
    for (const listener of listeners) listener(outcome);
  };
  return { outcomes, report };
}

describe('Outcomes', () => {
  test('the socket reports the end', async () => {
    const { outcomes, report } = setUp();
    const settled = outcomes.settled('c-1', null);
    report(done('result'));
    await expect(settled).resolves.toBe('result');
  });

  test('an outcome that overtook the answer naming its command is remembered', async () => {
    const { outcomes, report } = setUp();
    report(done('early'));
    await expect(outcomes.settled('c-1', at)).resolves.toBe('early');
  });

  test('without a word of the socket the server is asked until it knows', async () => {
    const unknown = new ApiError({ code: 'not_found', message: 'Not yet.', status: 404 });
    const { outcomes } = setUp([unknown, { status: 'accepted', commandId: 'c-1' }, done('polled')]);
    await expect(outcomes.settled('c-1', at)).resolves.toBe('polled');
  });

  test('a failed command throws its words', async () => {
    const { outcomes, report } = setUp();
    const settled = outcomes.settled('c-1', at);
    const failure = { code: 'push_refused', message: 'GitHub refused the push.', retryable: true };
    report({ status: 'failed', commandId: 'c-1', failure, finishedAt: 1 });
    await expect(settled).rejects.toMatchObject({ code: 'push_refused', message: failure.message });
  });

  test('a command that never ends is given up on in words', async () => {
    const { outcomes } = setUp();
    const error = await outcomes.settled('c-1', at, 20).catch(toApiError);
    expect(error).toMatchObject({ code: 'still_running' });
  });
});
