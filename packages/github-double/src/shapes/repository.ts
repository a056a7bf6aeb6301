import type { Urls } from '../double.ts';
import type { OwnedRepository, Permission } from '../store/repositories.ts';
import { simpleUser } from './account.ts';
import { nodeId } from './ids.ts';

const subresources = {
  forks_url: '/forks',
  keys_url: '/keys{/key_id}',
  collaborators_url: '/collaborators{/collaborator}',
  teams_url: '/teams',
  hooks_url: '/hooks',
  issue_events_url: '/issues/events{/number}',
  events_url: '/events',
  assignees_url: '/assignees{/user}',
  branches_url: '/branches{/branch}',
  tags_url: '/tags',
  blobs_url: '/git/blobs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  git_refs_url: '/git/refs{/sha}',
  trees_url: '/git/trees{/sha}',
  statuses_url: '/statuses/{sha}',
  languages_url: '/languages',
  stargazers_url: '/stargazers',
  contributors_url: '/contributors',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  commits_url: '/commits{/sha}',
  git_commits_url: '/git/commits{/sha}',
  comments_url: '/comments{/number}',
  issue_comment_url: '/issues/comments{/number}',
  contents_url: '/contents/{+path}',
  compare_url: '/compare/{base}...{head}',
  merges_url: '/merges',
  archive_url: '/{archive_format}{/ref}',
  downloads_url: '/downloads',
  issues_url: '/issues{/number}',
  pulls_url: '/pulls{/number}',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  labels_url: '/labels{/name}',
  releases_url: '/releases{/id}',
  deployments_url: '/deployments',
} as const;

type SubresourceUrls = Record<keyof typeof subresources, string>;

export function fullName(repository: OwnedRepository): string {
  return `${repository.owner.login}/${repository.name}`;
}

/** The `permissions` object GitHub derives from a role. */
export function permissionFlags(permission: Permission | undefined) {
  const admin = permission === 'admin';
  const maintain = admin || permission === 'maintain';
  const push = maintain || permission === 'write';
  const triage = push || permission === 'triage';
  return { admin, maintain, push, triage, pull: permission !== undefined };
}

/**
 * A repository in the form that lists, pull requests and webhooks use. With `permission` the viewer's own rights
 * are in it, as they are for every signed request.
 */
export function repositoryShape(
  urls: Urls,
  repository: OwnedRepository,
  options: { permission?: Permission | undefined; openPulls?: number } = {},
) {
  const name = fullName(repository);
  const api = `${urls.api}/repos/${name}`;
  const html = `${urls.web}/${name}`;
  const openPulls = options.openPulls ?? 0;
  // Object.fromEntries loses the keys; they are those of `subresources` by construction.
  const links = Object.fromEntries(
    Object.entries(subresources).map(([key, path]) => [key, `${api}${path}`]),
  ) as SubresourceUrls;
  return {
    id: repository.id,
    node_id: nodeId('R', repository.id),
    name: repository.name,
    full_name: name,
    private: repository.private,
    owner: simpleUser(urls, repository.owner),
    html_url: html,
    description: repository.description === '' ? null : repository.description,
    fork: false,
    url: api,
    ...links,
    created_at: repository.createdAt,
    updated_at: repository.updatedAt,
    pushed_at: repository.pushedAt,
    git_url: `git://${new URL(urls.web).host}/${name}.git`,
    ssh_url: `git@${new URL(urls.web).hostname}:${name}.git`,
    clone_url: `${html}.git`,
    svn_url: html,
    homepage: null,
    size: 1,
    stargazers_count: 0,
    watchers_count: 0,
    language: repository.language,
    has_issues: true,
    has_projects: true,
    has_downloads: true,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    forks_count: 0,
    mirror_url: null,
    archived: repository.archived,
    disabled: false,
    open_issues_count: openPulls,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [] as string[],
    custom_properties: {},
    visibility: repository.private ? 'private' : 'public',
    forks: 0,
    open_issues: openPulls,
    watchers: 0,
    default_branch: repository.defaultBranch,
    ...(options.permission === undefined
      ? {}
      : { permissions: permissionFlags(options.permission), role_name: options.permission }),
  };
}

/** `GET /repos/{o}/{r}`. */
export function fullRepository(
  urls: Urls,
  repository: OwnedRepository,
  options: { permission?: Permission | undefined; openPulls?: number },
) {
  return {
    ...repositoryShape(urls, repository, options),
    temp_clone_token: null,
    allow_squash_merge: true,
    allow_merge_commit: true,
    allow_rebase_merge: true,
    allow_auto_merge: false,
    allow_update_branch: false,
    delete_branch_on_merge: false,
    use_squash_pr_title_as_default: false,
    network_count: 0,
    subscribers_count: 0,
    ...(repository.owner.type === 'Organization' ? { organization: simpleUser(urls, repository.owner) } : {}),
  };
}

/** The short form in `installation` webhooks. */
export function repositoryReference(repository: OwnedRepository) {
  return {
    id: repository.id,
    node_id: nodeId('R', repository.id),
    name: repository.name,
    full_name: fullName(repository),
    private: repository.private,
  };
}
