import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Double } from '../double.ts';
import { isoSeconds } from '../double.ts';
import type { App } from '../store/apps.ts';

export const userTokenLifetimeSeconds = 28_800;
const refreshTokenLifetimeSeconds = 15_897_600;

function secret(prefix: string): string {
  return `${prefix}_${randomBytes(30).toString('base64url').replaceAll(/[-_]/g, 'x')}`;
}

/** GitHub's reply to a successful exchange. */
export interface TokenReply {
  access_token: string;
  expires_in: number;
  refresh_token: string;
  refresh_token_expires_in: number;
  scope: '';
  token_type: 'bearer';
}

export function isExpired(token: { expiresAt: string | null }): boolean {
  return token.expiresAt !== null && Date.parse(token.expiresAt) <= Date.now();
}

/** A new pair of user token and refresh token. `grantId` ties them together. */
export function issueUserTokens(double: Double, app: App, userId: number): TokenReply {
  const grantId = randomUUID();
  const inSeconds = (seconds: number) => isoSeconds(Date.now() + seconds * 1_000);
  const accessToken = secret('ghu');
  const refreshToken = secret('ghr');
  const common = { appId: app.id, userId, grantId };
  double.store.transaction(() => {
    double.store.tokens.insert({
      ...common,
      token: accessToken,
      kind: 'user',
      expiresAt: inSeconds(userTokenLifetimeSeconds),
    });
    double.store.tokens.insert({
      ...common,
      token: refreshToken,
      kind: 'refresh',
      expiresAt: inSeconds(refreshTokenLifetimeSeconds),
    });
  });
  return {
    access_token: accessToken,
    expires_in: userTokenLifetimeSeconds,
    refresh_token: refreshToken,
    refresh_token_expires_in: refreshTokenLifetimeSeconds,
    scope: '',
    token_type: 'bearer',
  };
}

/** A personal access token: it reaches whatever the person does, and does not expire. */
export function issuePersonalToken(double: Double, userId: number): string {
  const token = secret('ghp');
  double.store.tokens.insert({ token, kind: 'personal', userId });
  return token;
}

/** Whether a PKCE verifier is the one whose S256 challenge the code was made with. */
export function verifierMatches(challenge: string, verifier: string): boolean {
  return createHash('sha256').update(verifier).digest('base64url') === challenge;
}
