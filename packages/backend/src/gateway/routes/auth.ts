import { z } from 'zod';
import type { GatewayContext } from '../env.ts';
import { errorBody, HttpError } from '../errors.ts';
import { clientAddress } from '../middleware/rate-limit/rate-limit.ts';
import { enforce } from '../permissions/enforce.ts';
import { routeGroup } from '../route.ts';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

const refusalSchema = z.object({ code: z.string().optional(), message: z.string().optional() });

/** The endpoints of Better Auth that a browser needs. All others do not exist here: `get-session` would give the session's token to scripts. */
const endpoints = [
  ['POST', '/api/auth/sign-in/social'],
  ['GET', '/api/auth/callback/github'],
  ['POST', '/api/auth/sign-out'],
] as const;

async function handle(c: GatewayContext): Promise<Response> {
  const response = await c.get('gateway').auth.handle(c.req.raw, clientAddress(c));
  return response.status < 400 ? response : await refusal(c, response);
}

/** Better Auth's refusals in the form of all others; what it does to cookies stays. */
async function refusal(c: GatewayContext, response: Response): Promise<Response> {
  const body = refusalSchema.safeParse(parseJson(await response.text()));
  const retryAfterSeconds = Number(response.headers.get('x-retry-after') ?? 0);
  const error = new HttpError(
    response.status as ContentfulStatusCode, // refusals have a body
    (body.data?.code ?? `sign_in_${response.status}`).toLowerCase(),
    body.data?.message ?? 'The sign-in was refused. Start it again.',
    retryAfterSeconds > 0 ? { retryAfterMs: retryAfterSeconds * 1_000 } : {},
  );
  for (const cookie of response.headers.getSetCookie()) c.header('set-cookie', cookie, { append: true });
  if (retryAfterSeconds > 0) c.header('retry-after', String(retryAfterSeconds));
  return c.json(errorBody(error, c.get('requestId')), error.status);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without words of its own the refusal gets ours.
    return null;
  }
}

export const authRoutes = routeGroup();
for (const [method, path] of endpoints) authRoutes.on(method, path, enforce('public'), handle);
