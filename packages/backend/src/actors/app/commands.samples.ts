import { organizationOf } from '../testing/fixtures.ts';
import type { ActorSamples } from '../testing/samples.ts';
import type { AppCatalog } from './commands.ts';

export const appSamples: ActorSamples<AppCatalog> = {
  'app.command.authWrite': [
    {
      body: ({ userId, digits }) => ({
        kind: 'claimIndex',
        userId,
        entries: [
          { kind: 'user', key: userId, expiresAt: null },
          { kind: 'email', key: `${digits}@example.com`, expiresAt: null },
        ],
      }),
    },
  ],
  'app.command.recordOrganization': [{ body: (scope) => ({ organization: organizationOf(scope) }) }],
  'app.command.claimServer': [
    {
      // The same account in every scenario: which of them comes first must not matter.
      body: () => ({ candidates: [{ id: '1', login: 'first', installationId: '1' }], userId: null }),
    },
  ],
};
