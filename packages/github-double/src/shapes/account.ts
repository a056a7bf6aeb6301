import type { Urls } from '../double.ts';
import type { Account } from '../store/accounts.ts';
import { nodeId } from './ids.ts';

/** A person or organization as it appears inside other objects ("simple user"). */
export function simpleUser(urls: Urls, account: Account) {
  // A bot's login has brackets, which an address cannot have.
  const login = encodeURIComponent(account.login);
  const api = `${urls.api}/users/${login}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId(account.type === 'Organization' ? 'O' : 'U', account.id),
    avatar_url: avatarUrl(urls, account),
    gravatar_id: '',
    url: api,
    html_url: `${urls.web}/${login}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type: account.type,
    site_admin: false,
  };
}

export function avatarUrl(urls: Urls, account: { id: number }): string {
  return `${urls.web}/avatars/u/${account.id}`;
}

/** The profile of one account (`GET /users/{u}`). */
export function publicUser(urls: Urls, account: Account, publicRepositories: number) {
  return {
    ...simpleUser(urls, account),
    name: account.name,
    company: null,
    blog: '',
    location: null,
    email: account.type === 'User' ? account.email : null,
    hireable: null,
    bio: account.description === '' ? null : account.description,
    twitter_username: null,
    public_repos: publicRepositories,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: account.createdAt,
    updated_at: account.createdAt,
  };
}

/** The signed-in person's own profile (`GET /user`). */
export function privateUser(
  urls: Urls,
  account: Account,
  counts: { publicRepositories: number; privateRepositories: number },
) {
  return {
    ...publicUser(urls, account, counts.publicRepositories),
    notification_email: account.email,
    private_gists: 0,
    total_private_repos: counts.privateRepositories,
    owned_private_repos: counts.privateRepositories,
    disk_usage: 0,
    collaborators: 0,
    two_factor_authentication: true,
    plan: { name: 'free', space: 976_562_499, private_repos: 10_000, collaborators: 0 },
  };
}

/** An organization as it appears in lists and webhooks. */
export function simpleOrganization(urls: Urls, account: Account) {
  const api = `${urls.api}/orgs/${account.login}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId('O', account.id),
    url: api,
    repos_url: `${api}/repos`,
    events_url: `${api}/events`,
    hooks_url: `${api}/hooks`,
    issues_url: `${api}/issues`,
    members_url: `${api}/members{/member}`,
    public_members_url: `${api}/public_members{/member}`,
    avatar_url: avatarUrl(urls, account),
    description: account.description,
  };
}

/** `GET /orgs/{org}`. */
export function fullOrganization(urls: Urls, account: Account, publicRepositories: number) {
  return {
    ...simpleOrganization(urls, account),
    name: account.name,
    blog: `${urls.web}/${account.login}`,
    email: account.email,
    twitter_username: null,
    is_verified: false,
    has_organization_projects: true,
    has_repository_projects: true,
    public_repos: publicRepositories,
    public_gists: 0,
    followers: 0,
    following: 0,
    html_url: `${urls.web}/${account.login}`,
    type: 'Organization',
    default_repository_permission: 'none',
    created_at: account.createdAt,
    updated_at: account.createdAt,
    archived_at: null,
  };
}

/** `GET /orgs/{org}/memberships/{u}` and the entries of `GET /user/memberships/orgs`. */
export function orgMembership(urls: Urls, organization: Account, user: Account, role: 'admin' | 'member') {
  const organizationUrl = `${urls.api}/orgs/${organization.login}`;
  return {
    url: `${organizationUrl}/memberships/${user.login}`,
    state: 'active',
    role,
    organization_url: organizationUrl,
    direct_membership: true,
    enterprise_teams_providing_indirect_membership: [],
    organization: simpleOrganization(urls, organization),
    user: simpleUser(urls, user),
    permissions: { can_create_repository: role === 'admin' },
  };
}
