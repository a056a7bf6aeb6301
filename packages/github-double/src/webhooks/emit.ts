import { randomUUID } from 'node:crypto';
import { installationCovers } from '../domain/access.ts';
import type { Double } from '../double.ts';
import { now } from '../double.ts';
import { simpleOrganization, simpleUser } from '../shapes/account.ts';
import { repositoryShape } from '../shapes/repository.ts';
import type { Account } from '../store/accounts.ts';
import type { App, Installation } from '../store/apps.ts';
import type { OwnedRepository } from '../store/repositories.ts';

/** Events every app gets, whether it subscribed or not. */
const alwaysSent = new Set(['installation', 'installation_repositories', 'github_app_authorization']);

export interface Emission {
  event: string;
  action?: string;
  sender: Account;
  /** The account the event belongs to: the repository's owner or the organization. */
  account: Account;
  repository?: OwnedRepository;
  /** The fields of this event; the common ones (repository, organization, sender, installation) are added. */
  payload: Record<string, unknown>;
}

/**
 * Writes one pending delivery for each app that is installed where the event happened. Call it inside the
 * transaction of the change, and `double.webhooks.kick()` after it.
 */
export function emit(double: Double, emission: Emission): void {
  for (const installation of double.store.apps.installationsOnAccount(emission.account.id)) {
    if (installation.suspendedAt !== null) continue;
    const { repository } = emission;
    if (repository !== undefined && !installationCovers(double.store, installation, repository)) continue;
    const app = double.store.apps.byId(installation.appId);
    if (app === undefined) continue;
    emitToApp(double, app, installation, emission);
  }
}

/** As `emit`, for one app: `installation` events reach the app although it is being removed or suspended. */
export function emitToApp(double: Double, app: App, installation: Installation, emission: Emission): void {
  if (!alwaysSent.has(emission.event) && !app.events.includes(emission.event)) return;
  const { urls } = double;
  const { repository, account } = emission;
  const payload = {
    ...(emission.action === undefined ? {} : { action: emission.action }),
    ...emission.payload,
    ...(repository === undefined ? {} : { repository: repositoryShape(urls, repository) }),
    ...(account.type === 'Organization' && emission.event !== 'installation'
      ? { organization: simpleOrganization(urls, account) }
      : {}),
    sender: simpleUser(urls, emission.sender),
    ...('installation' in emission.payload
      ? {}
      : {
          installation: {
            id: installation.id,
            node_id: Buffer.from(`023:IntegrationInstallation${installation.id}`).toString('base64'),
          },
        }),
  };
  double.store.deliveries.insert({
    guid: randomUUID(),
    appId: app.id,
    event: emission.event,
    action: emission.action ?? null,
    installationId: installation.id,
    repositoryId: repository?.id ?? null,
    redelivery: false,
    payload: JSON.stringify(payload),
    state: 'pending',
    createdAt: now(),
  });
}

/** Somebody withdrew the sign-in that they gave an app: the one event that belongs to no account and no installation. */
export function emitAuthorizationRevoked(double: Double, app: App, user: Account): void {
  double.store.deliveries.insert({
    guid: randomUUID(),
    appId: app.id,
    event: 'github_app_authorization',
    action: 'revoked',
    installationId: null,
    repositoryId: null,
    redelivery: false,
    payload: JSON.stringify({ action: 'revoked', sender: simpleUser(double.urls, user) }),
    state: 'pending',
    createdAt: now(),
  });
}
