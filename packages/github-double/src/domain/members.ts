import type { Double } from '../double.ts';
import { orgMembership, simpleUser } from '../shapes/account.ts';
import type { Account, OrganizationRole } from '../store/accounts.ts';
import type { OwnedRepository, Permission } from '../store/repositories.ts';
import { emit } from '../webhooks/emit.ts';
import { nodeId } from '../shapes/ids.ts';

/** Adds someone to an organization, or changes their role. */
export function setOrganizationMember(
  double: Double,
  organization: Account,
  user: Account,
  role: OrganizationRole,
  sender: Account,
): void {
  const { store } = double;
  store.transaction(() => {
    const before = store.accounts.role(organization.id, user.id);
    store.accounts.setRole(organization.id, user.id, role);
    if (before !== undefined) return;
    emitMembership(double, organization, user, role, 'member_added', sender);
  });
  double.webhooks.kick();
}

/** Removes someone from an organization, and with it every access to its repositories. */
export function removeOrganizationMember(
  double: Double,
  organization: Account,
  user: Account,
  sender: Account,
): void {
  const { store } = double;
  store.transaction(() => {
    const role = store.accounts.role(organization.id, user.id);
    if (role === undefined) return;
    store.accounts.removeMember(organization.id, user.id);
    for (const repository of store.repositories.ofOwner(organization.id)) {
      store.repositories.removeCollaborator(repository.id, user.id);
    }
    emitMembership(double, organization, user, role, 'member_removed', sender);
  });
  double.webhooks.kick();
}

function emitMembership(
  double: Double,
  organization: Account,
  user: Account,
  role: OrganizationRole,
  action: 'member_added' | 'member_removed',
  sender: Account,
): void {
  const { url, state, organization_url, user: member } = orgMembership(double.urls, organization, user, role);
  emit(double, {
    event: 'organization',
    action,
    sender,
    account: organization,
    payload: { membership: { url, state, role, organization_url, user: member } },
  });
}

/** Gives someone a permission in a repository. */
export function setCollaborator(
  double: Double,
  repository: OwnedRepository,
  user: Account,
  permission: Permission,
  sender: Account,
): void {
  const { store } = double;
  store.transaction(() => {
    const before = store.repositories.grant(repository.id, user.id);
    store.repositories.setCollaborator(repository.id, user.id, permission);
    if (before === undefined) {
      emitMember(double, repository, user, 'added', sender, {
        permission: { to: permission === 'admin' ? 'admin' : permission === 'read' ? 'read' : 'write' },
      });
    } else if (before !== permission) {
      emitMember(double, repository, user, 'edited', sender, {
        old_permission: { from: before },
        permission: { from: before, to: permission },
      });
    }
  });
  double.webhooks.kick();
}

export function removeCollaborator(
  double: Double,
  repository: OwnedRepository,
  user: Account,
  sender: Account,
): void {
  const { store } = double;
  store.transaction(() => {
    if (store.repositories.grant(repository.id, user.id) === undefined) return;
    store.repositories.removeCollaborator(repository.id, user.id);
    emitMember(double, repository, user, 'removed', sender);
  });
  double.webhooks.kick();
}

function emitMember(
  double: Double,
  repository: OwnedRepository,
  user: Account,
  action: 'added' | 'edited' | 'removed',
  sender: Account,
  changes?: Record<string, unknown>,
): void {
  emit(double, {
    event: 'member',
    action,
    sender,
    account: repository.owner,
    repository,
    payload: {
      member: simpleUser(double.urls, user),
      ...(changes === undefined ? {} : { changes }),
    },
  });
}

/**
 * Tells of a team membership. The double has no teams of its own: access is granted per repository; the webhook
 * is for receivers that listen to it, and changes nothing here.
 */
export function announceTeamMembership(
  double: Double,
  organization: Account,
  user: Account,
  team: { id: number; name: string; slug: string },
  action: 'added' | 'removed',
  sender: Account,
): void {
  emit(double, {
    event: 'membership',
    action,
    sender,
    account: organization,
    payload: {
      scope: 'team',
      member: simpleUser(double.urls, user),
      team: teamShape(double, organization, team),
    },
  });
  double.webhooks.kick();
}

/** Tells that a team got or lost a repository, or another permission in it; changes nothing here either. */
export function announceTeam(
  double: Double,
  organization: Account,
  team: { id: number; name: string },
  action: 'added_to_repository' | 'removed_from_repository' | 'edited',
  repository: OwnedRepository,
  sender: Account,
): void {
  const slug = team.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  emit(double, {
    event: 'team',
    action,
    sender,
    account: organization,
    repository,
    payload: {
      team: teamShape(double, organization, { ...team, slug }),
      ...(action === 'edited'
        ? { changes: { repository: { permissions: { from: { admin: false, pull: true, push: true } } } } }
        : {}),
    },
  });
  double.webhooks.kick();
}

function teamShape(
  double: Double,
  organization: Account,
  team: { id: number; name: string; slug: string },
): Record<string, unknown> {
  const api = `${double.urls.api}/organizations/${organization.id}/team/${team.id}`;
  return {
    name: team.name,
    id: team.id,
    node_id: nodeId('O', `team:${team.id}`),
    slug: team.slug,
    description: null,
    privacy: 'closed',
    notification_setting: 'notifications_enabled',
    url: api,
    html_url: `${double.urls.web}/orgs/${organization.login}/teams/${team.slug}`,
    members_url: `${api}/members{/member}`,
    repositories_url: `${api}/repos`,
    permission: 'pull',
    parent: null,
  };
}
