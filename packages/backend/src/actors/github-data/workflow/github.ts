import type { ActorAddress } from '../../../command-loop/catalog.ts';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { CommandError } from '../../../command-loop/errors.ts';
import { gitHubOf, type GitHub, type GitHubApi } from '../../../github/github-client.ts';
import { gitHubDataAddress, organizationAddress, organizationIdOf } from '../../addresses.ts';
import type { OrganizationCatalog } from '../../organization/commands.ts';
import { services } from '../../services.ts';
import type { GitHubDataCatalog } from '../commands.ts';
import { readInstallation } from '../db/repository.ts';

export function gitHub(): GitHub {
  const { config, log } = services();
  return gitHubOf(config.github, log);
}

/** GitHub as the App on this account. @throws {CommandError} installation_inactive */
export async function installationApi(db: ActorDatabase): Promise<GitHubApi> {
  const installation = await readInstallation(db);
  if (installation === null || installation.status !== 'active') {
    throw new CommandError('installation_inactive', 'The GitHub App is not active on this account.');
  }
  return gitHub().asInstallation(installation.installationId);
}

export function self(key: readonly string[]): ActorAddress<GitHubDataCatalog> {
  return gitHubDataAddress(organizationIdOf(key));
}

export function organizationOf(key: readonly string[]): ActorAddress<OrganizationCatalog> {
  return organizationAddress(organizationIdOf(key));
}
