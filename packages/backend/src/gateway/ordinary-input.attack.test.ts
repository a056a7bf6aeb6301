import { maxTextSizeBytes } from '@foundry/shared/requests';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fill, sessionRoute, taskRoute } from './testing/route-table.ts';
import { facts } from './testing/stand-ins.ts';
import { startWorld, type World } from './testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.stop();
});

test.each(['/etc/passwd', '../secret', 'src/../../secret', 'a//b', './a', 'a\0b', '..'])(
  'a diff of %j is refused at once, and nothing is asked for it',
  async (path) => {
    const answer = await world.request(
      'insider',
      'GET',
      `${fill(taskRoute)}/diff?path=${encodeURIComponent(path)}`,
    );
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain('path of a file of the repository');
    expect(facts.diffs).toEqual([]);
  },
);

test('ordinary and odd names of files are asked for', async () => {
  const paths = ['src/main.ts', '..hidden', 'a..b/c', 'größe.md', '-rf', 'a b'];
  for (const path of paths) {
    const answer = await world.request(
      'insider',
      'GET',
      `${fill(taskRoute)}/diff?path=${encodeURIComponent(path)}`,
    );
    expect([path, answer.status]).toEqual([path, 200]);
  }
  expect(facts.diffs).toEqual(paths.map((path) => ({ path })));
});

test('a message that is too large is refused with its size, before anything is queued', async () => {
  const received = facts.received.length;
  for (const text of ['a'.repeat(maxTextSizeBytes + 1), '漢'.repeat(34_000)]) {
    const answer = await world.request('insider', 'POST', `${fill(sessionRoute)}/messages`, {
      messageId: 'message-too-large',
      text,
    });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toMatch(/10[12] kB long; at most 100 kB can be sent/);
  }
  expect(facts.received).toHaveLength(received);
});
