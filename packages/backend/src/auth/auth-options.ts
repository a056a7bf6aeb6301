import { randomUUID } from 'node:crypto';
import type { AuthStore } from './auth-store.ts';
import type { SecretBox } from './crypto.ts';

/** Where GitHub is and as which App Foundry talks to it. Addresses have no trailing slash. */
export interface GitHubSignInConfig {
  readonly webUrl: string;
  readonly apiUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What every part of sign-in needs. */
export interface AuthStorage {
  readonly store: AuthStore;
  readonly box: SecretBox;
  readonly nowMs?: () => number;
  readonly newCommandId?: () => string;
}

/** The provider id of GitHub in Better Auth; also the end of the callback path. */
export const GITHUB_PROVIDER_ID = 'github';

/** Better Auth's own secret: signs cookies and encrypts OAuth tokens. */
export function betterAuthSecret(box: SecretBox): string {
  return box.deriveKey('better-auth');
}

export function newAuthCommandId(): string {
  return `auth-${randomUUID()}`;
}
