import { z } from 'zod';
import {
  accountShape,
  enterpriseInstallationShape,
  installationShape,
  pullRequestShape,
  repositoryShape,
  toMember,
  toOrganization,
  toPullRequest,
  toRepository,
} from './shapes.ts';
import type { NormalisedWebhook } from './webhook-events.ts';

/*
 * GitHub's payloads are parsed for the few fields that are kept; what does not fit is an error that names the field, so
 * that the gateway can answer 400 and GitHub shows the delivery as failed instead of Foundry losing it silently.
 */

type Event = NormalisedWebhook['event'];

const commonShape = z.object({
  action: z.string().optional(),
  sender: accountShape.nullish(),
  installation: z.object({ id: z.number().int() }).nullish(),
});
const ignored: Event = { type: 'ignored' };
const minimalRepository = z.object({ id: z.number().int() });
const branchPrefix = 'refs/heads/';

/** The payload of a signed delivery does not have the shape that GitHub documents for its event. */
export class WebhookPayloadError extends Error {
  readonly code = 'webhook_payload_invalid';
  constructor(eventName: string, error: z.ZodError) {
    const [issue] = error.issues;
    super(
      `The ${eventName} payload is not as expected: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
    this.name = 'WebhookPayloadError';
  }
}

function installation(payload: unknown, action: string): Event {
  if (z.object({ installation: enterpriseInstallationShape }).safeParse(payload).success) {
    return ignored;
  }
  const parsed = z.object({ installation: installationShape }).parse(payload);
  switch (action) {
    case 'created':
    case 'new_permissions_accepted':
    case 'unsuspend':
      return { type: 'installation', organization: toOrganization(parsed.installation, 'active') };
    case 'suspend':
      return { type: 'installation', organization: toOrganization(parsed.installation, 'suspended') };
    case 'deleted':
      return { type: 'installation', organization: toOrganization(parsed.installation, 'removed') };
    default:
      return ignored;
  }
}

/** The payload's repositories have only id and name: a sync reads the rest. */
function installationRepositories(payload: unknown): Event {
  const parsed = z
    .object({
      repositories_added: z.array(minimalRepository),
      repositories_removed: z.array(minimalRepository),
    })
    .parse(payload);
  return {
    type: 'repositoriesChanged',
    added: [],
    removedIds: parsed.repositories_removed.map(({ id }) => String(id)),
    needsSync: parsed.repositories_added.length > 0,
  };
}

function repository(payload: unknown, action: string): Event {
  const parsed = z.object({ repository: repositoryShape }).parse(payload);
  const entity = toRepository(parsed.repository);
  switch (action) {
    case 'deleted':
      return { type: 'repositoriesChanged', added: [], removedIds: [entity.id], needsSync: false };
    case 'transferred':
      // It may have come or gone; which repositories there are now is GitHub's to say.
      return { type: 'repositoriesChanged', added: [], removedIds: [], needsSync: true };
    default:
      return { type: 'repositoriesChanged', added: [entity], removedIds: [], needsSync: false };
  }
}

function push(payload: unknown): Event {
  const parsed = z
    .object({ ref: z.string(), after: z.string(), deleted: z.boolean(), repository: minimalRepository })
    .parse(payload);
  if (!parsed.ref.startsWith(branchPrefix)) {
    return ignored;
  }
  return {
    type: 'push',
    repositoryId: String(parsed.repository.id),
    branch: parsed.ref.slice(branchPrefix.length),
    headSha: parsed.after,
    deleted: parsed.deleted,
  };
}

function pullRequest(payload: unknown): Event {
  const parsed = z.object({ pull_request: pullRequestShape, repository: minimalRepository }).parse(payload);
  return { type: 'pullRequest', ...toPullRequest(parsed.pull_request, String(parsed.repository.id)) };
}

function pullRequestReview(payload: unknown): Event {
  const parsed = z
    .object({ pull_request: z.object({ number: z.number().int() }), repository: minimalRepository })
    .parse(payload);
  return {
    type: 'review',
    repositoryId: String(parsed.repository.id),
    pullRequestNumber: parsed.pull_request.number,
  };
}

/** One run or suite says little about its commit: the summary of all is read from the API. */
function checks(payload: unknown, headSha: string): Event {
  const parsed = z.object({ repository: minimalRepository }).parse(payload);
  return { type: 'checks', repositoryId: String(parsed.repository.id), headSha, checks: null };
}

function organization(payload: unknown, action: string): Event {
  if (action === 'renamed') {
    return { type: 'repositoriesChanged', added: [], removedIds: [], needsSync: true };
  }
  if (action === 'deleted') {
    return { type: 'accessChanged', githubIds: null };
  }
  if (action !== 'member_added' && action !== 'member_removed') {
    return ignored;
  }
  const { membership } = z
    .object({ membership: z.object({ user: accountShape, role: z.string() }) })
    .parse(payload);
  return action === 'member_added'
    ? {
        type: 'membersChanged',
        upserted: [toMember(membership.user, membership.role === 'admin' ? 'admin' : 'member')],
        removedGithubIds: [],
      }
    : { type: 'membersChanged', upserted: [], removedGithubIds: [String(membership.user.id)] };
}

/** A collaborator of one repository (`member`) or a member of a team (`membership`): no list of members changes. */
function access(payload: unknown): Event {
  const { member } = z.object({ member: accountShape.nullish() }).parse(payload);
  return { type: 'accessChanged', githubIds: member ? [String(member.id)] : [] };
}

function reduce(eventName: string, action: string, payload: unknown): Event {
  switch (eventName) {
    case 'installation':
      return installation(payload, action);
    case 'installation_repositories':
      return installationRepositories(payload);
    case 'repository':
      return repository(payload, action);
    case 'push':
      return push(payload);
    case 'pull_request':
      return pullRequest(payload);
    case 'pull_request_review':
      return pullRequestReview(payload);
    case 'check_run': {
      const run = z.object({ check_run: z.object({ head_sha: z.string() }) }).parse(payload);
      return checks(payload, run.check_run.head_sha);
    }
    case 'check_suite': {
      const suite = z.object({ check_suite: z.object({ head_sha: z.string() }) }).parse(payload);
      return checks(payload, suite.check_suite.head_sha);
    }
    case 'organization':
      return organization(payload, action);
    case 'member':
    case 'membership':
      return access(payload);
    // Of a team only the repositories and permissions are told, not who is in it.
    case 'team':
    case 'team_add':
      return { type: 'accessChanged', githubIds: null };
    case 'github_app_authorization': {
      const { sender } = z.object({ sender: accountShape }).parse(payload);
      return { type: 'accessChanged', githubIds: [String(sender.id)] };
    }
    default:
      return ignored;
  }
}

/**
 * Reduces a delivery to what Foundry keeps. Pure: the signature was checked before, and nothing is asked of anybody.
 * @param eventName the header `X-GitHub-Event`. Events and actions that Foundry does not use become `ignored`.
 * @throws {WebhookPayloadError} a used event without the fields GitHub documents.
 */
export function normaliseWebhook(eventName: string, deliveryId: string, payload: unknown): NormalisedWebhook {
  try {
    const common = commonShape.parse(payload);
    const action = common.action ?? '';
    return {
      deliveryId,
      name: action === '' ? eventName : `${eventName}.${action}`,
      senderLogin: common.sender?.login ?? null,
      installationId: common.installation ? String(common.installation.id) : null,
      event: reduce(eventName, action, payload),
    };
  } catch (error) {
    if (error instanceof z.ZodError) {
      throw new WebhookPayloadError(eventName, error);
    }
    throw error;
  }
}

const ownerAccount = z.object({ id: z.number().int().optional(), login: z.string().optional() });
const ownerShape = z.object({
  organization: ownerAccount.nullish(),
  repository: z.object({ owner: ownerAccount }).nullish(),
  installation: z.object({ account: ownerAccount.nullish() }).nullish(),
});

/** The account a delivery belongs to; null when it names none (those go to App). */
export function webhookAccount(payload: unknown): { id: string; login: string } | null {
  const parsed = ownerShape.safeParse(payload);
  if (!parsed.success) {
    return null;
  }
  const { installation, organization, repository } = parsed.data;
  const account = [installation?.account, organization, repository?.owner].find(
    (one) => one?.id !== undefined,
  );
  return account?.id === undefined ? null : { id: String(account.id), login: account.login ?? '' };
}

/** Its id alone. */
export function webhookOrganizationId(payload: unknown): string | null {
  return webhookAccount(payload)?.id ?? null;
}
