import { expect, test } from 'vitest';
import { commandLimits } from '../limits.ts';
import { StorageWatch } from './storage-watch.ts';

const [lost, other] = [['lost'], ['other']];
const refusal = Object.assign(new Error('An internal error occurred'), {
  metadata: { error: 'failed to step sqlite execute statement: disk I/O error' },
});

function watch() {
  const time = { nowMs: 1_000 };
  const told: string[] = [];
  const storage = new StorageWatch(() => time.nowMs);
  storage.listen((actor) => told.push(actor));
  const refuse = (times: number, error: unknown = refusal): void => {
    for (let count = 0; count < times; count += 1) {
      storage.failed(lost, error);
      time.nowMs += commandLimits.storageLostAfterMs / 5;
    }
  };
  return { storage, told, refuse };
}

test('[CMD-15] an actor that is refused for long while others are not is told of, once', () => {
  const { storage, told, refuse } = watch();
  storage.stored(other);
  refuse(4);
  storage.stored(other);
  expect(told).toEqual([]);
  refuse(4);
  expect(told).toEqual(['lost']);
});

test('[CMD-15] while the engine is away everybody is refused: nobody is lost', () => {
  const { storage, told, refuse } = watch();
  storage.stored(other);
  refuse(20);
  expect(told).toEqual([]);
  // It is back: what fails a moment later began before.
  storage.stored(other);
  refuse(1);
  expect(told).toEqual([]);
});

test('[CMD-15] an actor that stores again is not lost, and other errors do not count', () => {
  const { storage, told, refuse } = watch();
  storage.stored(other);
  refuse(4);
  storage.stored(lost);
  storage.stored(other);
  refuse(4);
  storage.stored(other);
  refuse(20, new Error('no such table: tasks'));
  expect(told).toEqual([]);
});
