import { appAddress, gitHubDataAddress, organizationAddress, userAddress } from '../addresses.ts';
import {
  sampleMessage,
  type ActorSamples,
  type Preparation,
  type SampleMessage,
  type SampleScope,
} from '../testing/samples.ts';
import type { KillWorld } from '../testing/world.ts';
import type { UserCatalog } from './commands.ts';
import { derivedCommandId } from '../../command-loop/envelopes.ts';

const moment = '2026-01-05T09:00:00.000Z';

function toSelf({ userId }: SampleScope) {
  return userAddress(userId);
}

function person({ userId, digits }: SampleScope): SampleMessage {
  return sampleMessage(userAddress(userId), 'user.command.authWrite', {
    kind: 'create',
    model: 'user',
    record: {
      id: userId,
      name: 'Member',
      email: `member-${digits}@example.com`,
      emailVerified: true,
      image: null,
      githubId: `5${digits}`,
      login: `member-${digits}`,
      createdAt: moment,
      updatedAt: moment,
    },
  });
}

function session({ userId, digits }: SampleScope) {
  return {
    kind: 'create' as const,
    model: 'session' as const,
    record: {
      id: `session-${digits}`,
      userId,
      tokenHash: `hash-${digits}`,
      tokenSealed: 'sealed',
      expiresAt: '2099-01-05T09:00:00.000Z',
      ipAddress: null,
      userAgent: null,
      createdAt: moment,
      updatedAt: moment,
    },
  };
}

/** Signed in at GitHub, where an organization of the scenario's own shows them one repository. */
function signedIn(scope: SampleScope, world: KillWorld): Preparation[] {
  const account = {
    address: toSelf(scope),
    name: 'user.command.authWrite' as const,
    body: {
      kind: 'create',
      model: 'account',
      record: {
        id: `account-${scope.digits}`,
        userId: scope.userId,
        providerId: 'github',
        accountId: `5${scope.digits}`,
        accessToken: '',
        refreshToken: null,
        accessTokenExpiresAt: '2099-01-05T09:00:00.000Z',
        createdAt: moment,
        updatedAt: moment,
      },
    },
  };
  return [
    async () => {
      await world.createOrganization(scope, { pullRequest: false });
      account.body.record.accessToken = await world.sealedToken(`member-${scope.digits}`);
    },
    person(scope),
    account,
  ];
}

export const userSamples: ActorSamples<UserCatalog> = {
  'user.command.authWrite': [
    { before: (scope) => [person(scope)], body: session, observe: () => [appAddress()] },
    {
      // A sign-out: App is told to forget the session.
      before: (scope) => [
        person(scope),
        sampleMessage(toSelf(scope), 'user.command.authWrite', session(scope)),
      ],
      body: ({ digits }) => ({
        kind: 'delete',
        model: 'session',
        where: [
          {
            field: 'id',
            operator: 'eq',
            value: `session-${digits}`,
            connector: 'AND',
            mode: 'sensitive',
          },
        ],
        onlyOne: false,
      }),
      observe: () => [appAddress()],
    },
  ],
  // Without a token the refresh ends with "sign in again"; the way to GitHub is readAccess's own.
  'user.command.refreshAccess': [{ before: (scope) => [person(scope)], body: () => ({ reason: 'test' }) }],
  'user.command.readAccess': [
    {
      before: signedIn,
      body: () => ({
        generation: 0,
        installationsPage: null,
        repositoryPages: [],
        failedAttempts: 0,
        refusedAccounts: [],
      }),
      follows: {
        from: (scope) => sampleMessage(toSelf(scope), 'user.command.refreshAccess', { reason: 'test' }),
        commandId: (sentId) => derivedCommandId(sentId, 'apply', 0),
      },
      // The organization it tells of is synced from GitHub: all of it is there in the end.
      observe: ({ organizationId }) => [
        organizationAddress(organizationId),
        gitHubDataAddress(organizationId),
      ],
    },
  ],
  'user.command.setTaskState': [
    {
      body: ({ taskId, organizationId, sessionId }) => ({
        taskId,
        organizationId,
        activeSessionId: sessionId,
        lastReadVersion: 3,
      }),
    },
  ],
  'user.command.setDraft': [
    {
      body: ({ taskId, organizationId, sessionId }) => ({
        taskId,
        organizationId,
        sessionId,
        text: 'half a thought',
        basedOnMs: null,
        writer: 'page-1',
      }),
    },
  ],
  'user.command.setDefaultModel': [{ body: () => ({ modelId: 'demo-quick' }) }],
};
