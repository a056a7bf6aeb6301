import { randomUUID } from 'node:crypto';
import {
  authFlowTestSuite,
  caseInsensitiveTestSuite,
  joinsTestSuite,
  normalTestSuite,
  testAdapter,
  uuidTestSuite,
} from '@better-auth/test-utils/adapter';
import { vi } from 'vitest';
import { createActorAuthAdapter } from './adapter.ts';
import { createSecretBox } from './crypto.ts';
import { createInProcessStore } from './testing/in-process-store.ts';

// Better Auth's own suite for database adapters, over the repositories that the actors run. Left out: the
// suite for numeric ids (Foundry's ids are strings) and the one test of transactions (there are none across
// actors; auth-rows.test.ts tests what holds instead).

// The suite reports each of its steps on the console.
vi.spyOn(console, 'log').mockReturnValue();
const store = createInProcessStore();
const options = {
  store,
  box: createSecretBox('an-official-suite-secret-of-32-chars'),
  newCommandId: randomUUID,
  nowMs: Date.now,
  onSessionEnded: () => undefined,
};

const { execute } = await testAdapter({
  adapter: () => createActorAuthAdapter(options),
  runMigrations: () => undefined,
  tests: [
    normalTestSuite(),
    authFlowTestSuite(),
    joinsTestSuite(),
    uuidTestSuite(),
    caseInsensitiveTestSuite(),
  ],
  onFinish: () => store.close(),
});
execute();
