import { decodeJwt, importSPKI, jwtVerify } from 'jose';
import type { Viewer } from '../domain/access.ts';
import { GitHubError } from '../domain/errors.ts';
import type { Double } from '../double.ts';
import { isExpired } from '../oauth/tokens.ts';
import type { App } from '../store/apps.ts';

const maxJwtLifetimeSeconds = 600;
/** GitHub allows clocks to differ a little. */
const clockToleranceSeconds = 60;

function badCredentials(): GitHubError {
  return new GitHubError(401, 'Bad credentials');
}

/** The secret in an Authorization header: `token X`, `Bearer X` or `Basic base64(name:X)`. */
export function credentialOf(header: string | undefined): { user: string; secret: string } | undefined {
  if (header === undefined) return undefined;
  const [scheme = '', value = ''] = header.trim().split(/\s+/, 2);
  switch (scheme.toLowerCase()) {
    case 'token':
    case 'bearer':
      return { user: '', secret: value };
    case 'basic': {
      const text = Buffer.from(value, 'base64').toString('utf8');
      const colon = text.indexOf(':');
      return colon < 0
        ? { user: '', secret: text }
        : { user: text.slice(0, colon), secret: text.slice(colon + 1) };
    }
    default:
      throw badCredentials();
  }
}

/** Who sends a request with this Authorization header. Throws GitHub's 401 or 403. */
export async function authenticate(double: Double, header: string | undefined): Promise<Viewer> {
  const credential = credentialOf(header);
  if (credential === undefined) return { kind: 'anonymous' };
  const { user } = credential;
  // The token may also stand in the place of the user name.
  const secret = credential.secret === 'x-oauth-basic' || credential.secret === '' ? user : credential.secret;
  const basicApp = user === '' ? undefined : double.store.apps.byClientId(user);
  if (basicApp !== undefined) {
    if (basicApp.clientSecret !== secret) throw badCredentials();
    return { kind: 'app', app: basicApp, proof: 'client-secret' };
  }
  return secret.split('.').length === 3 ? verifyJwt(double, secret) : viewerOfToken(double, secret);
}

function viewerOfToken(double: Double, secret: string): Viewer {
  const { store } = double;
  const token = store.tokens.find(secret);
  if (token === undefined || token.kind === 'refresh') throw badCredentials();
  if (isExpired(token)) throw badCredentials();
  const app = token.appId === null ? undefined : store.apps.byId(token.appId);
  if (token.kind === 'installation') {
    const installation =
      token.installationId === null ? undefined : store.apps.installation(token.installationId);
    if (app === undefined || installation === undefined) throw badCredentials();
    if (installation.suspendedAt !== null) {
      throw new GitHubError(403, 'This installation has been suspended');
    }
    return {
      kind: 'installation',
      app,
      installation,
      permissions: token.permissions ?? app.permissions,
      repositoryIds: token.repositoryIds,
      token: secret,
    };
  }
  const account = token.userId === null ? undefined : store.accounts.byId(token.userId);
  if (account === undefined) throw badCredentials();
  return { kind: 'user', user: account, app, token: secret };
}

async function verifyJwt(double: Double, text: string): Promise<Viewer> {
  const app = appOfJwt(double, text);
  if (app === undefined) throw new GitHubError(401, 'A JSON web token could not be decoded');
  const key = await importSPKI(app.publicKeyPem, 'RS256');
  let payload: { exp?: number; iat?: number };
  try {
    ({ payload } = await jwtVerify(text, key, {
      algorithms: ['RS256'],
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['iat', 'exp', 'iss'],
    }));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw new GitHubError(
      401,
      code === 'ERR_JWT_EXPIRED'
        ? "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
        : 'A JSON web token could not be decoded',
    );
  }
  const lifetimeSeconds = (payload.exp ?? 0) - Date.now() / 1_000;
  if (lifetimeSeconds > maxJwtLifetimeSeconds + clockToleranceSeconds) {
    throw new GitHubError(401, "'Expiration time' claim ('exp') is too far in the future");
  }
  return { kind: 'app', app, proof: 'jwt' };
}

/** The app that a token says it is from: its numeric id or its client id. Nothing is verified here. */
function appOfJwt(double: Double, text: string): App | undefined {
  let issuer: unknown;
  try {
    issuer = decodeJwt(text)['iss'];
  } catch {
    return undefined;
  }
  const name = String(issuer);
  return double.store.apps.byClientId(name) ?? double.store.apps.byId(Number(name) || 0);
}
