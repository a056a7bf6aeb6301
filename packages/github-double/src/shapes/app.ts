import type { Urls } from '../double.ts';
import type { Account } from '../store/accounts.ts';
import type { App, Installation } from '../store/apps.ts';
import { simpleUser } from './account.ts';
import { nodeId } from './ids.ts';

/** `GET /app`. */
export function appShape(urls: Urls, app: App, owner: Account, installationsCount: number) {
  return {
    id: app.id,
    client_id: app.clientId,
    slug: app.slug,
    node_id: nodeId('A', app.id),
    owner: simpleUser(urls, owner),
    name: app.name,
    description: '',
    external_url: `${urls.web}/apps/${app.slug}`,
    html_url: `${urls.web}/apps/${app.slug}`,
    created_at: app.createdAt,
    updated_at: app.createdAt,
    permissions: app.permissions,
    events: app.events,
    installations_count: installationsCount,
  };
}

/** An installation as `/app/installations` and the `installation` webhook give it. */
export function installationShape(
  urls: Urls,
  app: App,
  installation: Installation,
  account: Account,
  suspendedBy: Account | undefined,
) {
  return {
    id: installation.id,
    account: simpleUser(urls, account),
    repository_selection: installation.repositorySelection,
    access_tokens_url: `${urls.api}/app/installations/${installation.id}/access_tokens`,
    repositories_url: `${urls.api}/installation/repositories`,
    html_url:
      account.type === 'Organization'
        ? `${urls.web}/organizations/${account.login}/settings/installations/${installation.id}`
        : `${urls.web}/settings/installations/${installation.id}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: account.id,
    target_type: account.type,
    permissions: app.permissions,
    events: app.events,
    created_at: installation.createdAt,
    updated_at: installation.updatedAt,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [] as string[],
    suspended_by: suspendedBy === undefined ? null : simpleUser(urls, suspendedBy),
    suspended_at: installation.suspendedAt,
  };
}
