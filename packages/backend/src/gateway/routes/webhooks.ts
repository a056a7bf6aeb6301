import { Webhooks } from '@octokit/webhooks';
import { z } from 'zod';
import { appAddress, gitHubDataAddress, userAddress } from '../../actors/addresses.ts';
import { normaliseWebhook, WebhookPayloadError, webhookAccount } from '../../github/normalise-webhook.ts';
import type { NormalisedWebhook } from '../../github/webhook-events.ts';
import { UnknownOutcomeError } from '../../command-loop/connections.ts';
import { errorMessage } from '../../command-loop/errors.ts';
import { gatewayLimits } from '../../limits.ts';
import type { Logger } from '../../log.ts';
import type { GatewayContext } from '../env.ts';
import { HttpError, unavailable } from '../errors.ts';
import { limitBody } from '../middleware/body-limit/body-limit.ts';
import { clientAddress, tooManyRequests } from '../middleware/rate-limit/rate-limit.ts';
import { enforce } from '../permissions/enforce.ts';
import { whileOutcomeUnknown } from '../retry.ts';
import { routeGroup } from '../route.ts';

const path = '/webhooks/github';

const headersSchema = z.object({
  deliveryId: z.string().regex(/^[\w-]{1,100}$/, 'X-GitHub-Delivery is missing or malformed'),
  event: z.string().regex(/^[a-z0-9_]{1,100}$/, 'X-GitHub-Event is missing or malformed'),
});

/** @throws HttpError 401 unless the body was signed with the App's webhook secret. */
async function requireSignature(c: GatewayContext, body: string): Promise<void> {
  const { config, rateLimits } = c.get('gateway');
  const secret = config.github.app?.webhookSecret;
  if (secret === undefined) {
    throw unavailable('No GitHub App is configured here, so that no delivery can be checked.');
  }
  const signature = c.req.header('x-hub-signature-256') ?? '';
  if (body !== '' && signature !== '' && (await new Webhooks({ secret }).verify(body, signature))) return;
  const waitMs = rateLimits.refusedWebhooks.take(clientAddress(c));
  if (waitMs > 0) throw tooManyRequests(waitMs);
  throw new HttpError(
    401,
    'bad_signature',
    'The signature is missing or wrong. The webhook secret at GitHub and GITHUB_WEBHOOK_SECRET must be the same.',
  );
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new HttpError(400, 'bad_json', 'The body is not JSON.', { cause });
  }
}

/** @throws HttpError 400 for a payload that is not what GitHub sends. */
function normalise(event: string, deliveryId: string, payload: unknown): NormalisedWebhook {
  try {
    return normaliseWebhook(event, deliveryId, payload);
  } catch (error) {
    if (!(error instanceof WebhookPayloadError)) throw error;
    throw new HttpError(400, error.code, `${error.message}.`, { cause: error });
  }
}

const usersSchema = z.array(z.object({ userId: z.string() }));

/** Somebody withdrew their sign-in at GitHub, which belongs to no account: those of them who use Foundry are asked anew. */
async function tellPeople(
  c: GatewayContext,
  githubIds: readonly string[],
  { deliveryId, name, senderLogin }: NormalisedWebhook,
): Promise<void> {
  const { connections } = c.get('gateway');
  const users = usersSchema.parse(
    await whileOutcomeUnknown(
      (timeoutMs) => connections.call(appAddress(), 'usersByGithubId', [{ githubIds }], { timeoutMs }),
      gatewayLimits.webhookBudgetMs,
    ),
  );
  for (const { userId } of users) {
    const envelope = {
      commandId: deliveryId,
      causedBy: `delivery:${deliveryId}`,
      by: { kind: 'github' as const, login: senderLogin },
      at: Date.now(),
    };
    const message = { name: 'user.command.refreshAccess', body: { reason: name }, envelope };
    await whileOutcomeUnknown(
      (timeoutMs) => connections.enqueue(userAddress(userId), [message], { timeoutMs }),
      gatewayLimits.webhookBudgetMs,
    );
  }
}

/** A delivery shows that the App is installed on its account, unless it is the one that says that it no longer is. */
function claimOf({ deliveryId, installationId, event }: NormalisedWebhook) {
  const isGone = event.type === 'installation' && event.organization.installation?.status !== 'active';
  return installationId === null || isGone ? null : { deliveryId, installationId };
}

/**
 * A delivery of GitHub: checked, reduced to what Foundry keeps, and handed to the organization's GitHubData under its
 * delivery id. Nothing else happens here; the answer 202 means that it is kept. When it cannot be kept, 503 makes
 * GitHub list it as failed, and it is asked for again later.
 */
async function keepDelivery(c: GatewayContext): Promise<Response> {
  const contentType = c.req.header('content-type') ?? '';
  if (!/^application\/json\b/i.test(contentType)) {
    throw new HttpError(
      415,
      'unsupported_media_type',
      'Deliveries must be JSON: set the content type of the webhook at GitHub to application/json.',
    );
  }
  const body = await c.req.text();
  await requireSignature(c, body);
  const payload = parseBody(body);
  const headers = headersSchema.safeParse({
    deliveryId: c.req.header('x-github-delivery') ?? '',
    event: c.req.header('x-github-event') ?? '',
  });
  if (!headers.success) {
    throw new HttpError(400, 'bad_headers', `${headers.error.issues[0]?.message ?? 'Headers are missing'}.`);
  }
  const { deliveryId, event } = headers.data;
  const log = c.get('log').child({ deliveryId, event });
  const normalised = normalise(event, deliveryId, payload);
  const account = webhookAccount(payload);
  if (account === null && normalised.event.type === 'accessChanged') {
    await tellPeople(c, normalised.event.githubIds ?? [], normalised);
    return c.json({ deliveryId, ignored: false }, 202);
  }
  if (normalised.event.type === 'ignored' || account === null) {
    log.info({ account }, 'delivery means nothing here');
    return c.json({ deliveryId, ignored: true }, 202);
  }
  const organizationId = account.id;
  if (!(await c.get('gateway').admission.takes(account, claimOf(normalised)))) {
    log.warn({ account }, 'delivery of an account that is not admitted here (FOUNDRY_ALLOWED_ACCOUNTS)');
    return c.json({ deliveryId, ignored: true }, 202);
  }
  const envelope = {
    commandId: deliveryId,
    causedBy: `delivery:${deliveryId}`,
    by: { kind: 'github' as const, login: normalised.senderLogin },
    at: Date.now(),
  };
  const message = { name: 'githubData.command.receiveWebhook', body: normalised, envelope };
  const { connections } = c.get('gateway');
  const keep = async (budgetMs: number): Promise<void> =>
    await whileOutcomeUnknown(
      (timeoutMs) => connections.enqueue(gitHubDataAddress(organizationId), [message], { timeoutMs }),
      budgetMs,
    );
  try {
    await keep(gatewayLimits.webhookBudgetMs);
  } catch (error) {
    if (error instanceof UnknownOutcomeError) {
      void keepLate(keep, log);
    }
    throw error;
  }
  log.info({ organizationId, name: normalised.name }, 'delivery kept');
  return c.json({ deliveryId, ignored: false }, 202);
}

/** What this process has refused, for the log: a wrong webhook secret shows as a number that grows. */
let refused = 0;

/** Refused deliveries leave a trace: GitHub lists them as failed, and nobody looks there before something is missing. */
async function receive(c: GatewayContext): Promise<Response> {
  try {
    return await keepDelivery(c);
  } catch (error) {
    // Beyond their own limit (429) strangers could fill the log.
    if (error instanceof HttpError && error.status < 500 && error.status !== 429) {
      refused += 1;
      const headers = headersSchema.safeParse({
        deliveryId: c.req.header('x-github-delivery') ?? '',
        event: c.req.header('x-github-event') ?? '',
      });
      const delivery = headers.success ? headers.data : {};
      c.get('log').warn(
        { ...delivery, code: error.code, reason: error.message, refused },
        'delivery refused',
      );
    }
    throw error;
  }
}

/** Deliveries that this process still tries to hand over although GitHub was told 503. */
let late = 0;

/**
 * GitHub waits ten seconds and does not send a failed delivery again by itself; an actor that an engine's death took
 * may need thirty. So a refused delivery is tried for a while longer. It is no promise: what keeps it from being lost
 * is that failed deliveries are asked for again, and the same id is applied once.
 */
async function keepLate(keep: (budgetMs: number) => Promise<void>, log: Logger): Promise<void> {
  if (late >= gatewayLimits.lateDeliveriesMax) {
    return;
  }
  late += 1;
  try {
    await keep(gatewayLimits.lateDeliveryBudgetMs);
    log.info('delivery kept late');
  } catch (error) {
    log.warn({ error: errorMessage(error) }, 'delivery not kept; it will be asked for again');
  } finally {
    late -= 1;
  }
}

export const webhookRoutes = routeGroup();
webhookRoutes.post(path, enforce('signature'), limitBody(gatewayLimits.webhookBodySizeBytes), receive);
