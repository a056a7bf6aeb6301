import { expect, test, vi } from 'vitest';
import { expectTaken, noteListening, noteTaken } from './queue-watch.ts';

test('[CMD-14] a loop that has not heard of a message is called; one that took it is not', async () => {
  const [deaf, awake] = [['deaf'], ['awake']];
  let calls = 0;
  const endDeaf = noteListening(deaf, async () => {
    calls += 1;
    if (calls === 2) {
      noteTaken(deaf);
    }
  });
  let needless = 0;
  const endAwake = noteListening(awake, async () => {
    needless += 1;
  });
  expectTaken(awake);
  noteTaken(awake);
  expectTaken(deaf);
  expectTaken(deaf);
  await vi.waitFor(() => expect(calls).toBe(2), { timeout: 10_000 });
  // Taken at the second call: the watch is over, and begins anew with the next message.
  expectTaken(deaf);
  await vi.waitFor(() => expect(calls).toBe(3), { timeout: 10_000 });
  expect(needless).toBe(0);
  endDeaf();
  endAwake();
});

test('[CMD-14] nobody is called for a loop that has ended', async () => {
  const key = ['ended'];
  let calls = 0;
  const end = noteListening(key, async () => {
    calls += 1;
  });
  expectTaken(key);
  end();
  const later = noteListening(['later'], async () => {
    calls += 10;
  });
  expectTaken(['later']);
  await vi.waitFor(() => expect(calls).toBe(10), { timeout: 10_000 });
  later();
});
