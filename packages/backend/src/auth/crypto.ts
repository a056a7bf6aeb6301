import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const FORMAT = 'fs1';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MIN_SECRET_LENGTH = 32;

/** What a sealed value is for. A value sealed for one purpose does not open for another. */
export type SecretPurpose =
  | 'session-token'
  | 'verification'
  | 'github-app-key'
  | 'github-token'
  | 'webhook-secret'
  | 'repository-secret';

/** A sealed value could not be opened: a wrong FOUNDRY_SECRET, another purpose, or altered data. */
export class SecretDecryptError extends Error {
  override readonly name = 'SecretDecryptError';
  readonly code = 'secret_decrypt_failed';
}

/** Encryption at rest and keyed hashing, both derived from FOUNDRY_SECRET. */
export interface SecretBox {
  /**
   * Seals `plaintext` as `fs1.<key id>.<nonce + ciphertext + tag, base64url>` (AES-256-GCM).
   * The same plaintext gives another result every time.
   */
  encryptSecret(plaintext: string, purpose: SecretPurpose): string;
  /** Opens what `encryptSecret` returned. Throws SecretDecryptError. */
  decryptSecret(sealed: string, purpose: SecretPurpose): string;
  /** HMAC-SHA-256, base64url: the same value always gives the same hash, useless without the secret. */
  keyedHash(value: string, purpose: SecretPurpose): string;
  /** A key of its own for a library that wants a secret string (64 hexadecimal digits). */
  deriveKey(label: string): string;
}

interface SecretKeys {
  readonly id: string;
  key(label: string): Buffer;
}

function deriveKeys(secret: string): SecretKeys {
  if (secret.length < MIN_SECRET_LENGTH) {
    throw new RangeError(`FOUNDRY_SECRET must have at least ${MIN_SECRET_LENGTH} characters`);
  }
  const cache = new Map<string, Buffer>();
  const key = (label: string): Buffer => {
    const known = cache.get(label);
    if (known) return known;
    const derived = Buffer.from(hkdfSync('sha256', secret, 'foundry', label, KEY_BYTES));
    cache.set(label, derived);
    return derived;
  };
  return { id: key('key-id').subarray(0, 6).toString('hex'), key };
}

/**
 * Builds a box from FOUNDRY_SECRET. New values are sealed with `secret`; values sealed with one of
 * `previousSecrets` still open, so that the secret can be changed without signing everybody out.
 * Keyed hashes always use `secret`: after a change, people sign in once more.
 */
export function createSecretBox(secret: string, previousSecrets: readonly string[] = []): SecretBox {
  const current = deriveKeys(secret);
  const byId = new Map([current, ...previousSecrets.map(deriveKeys)].map((keys) => [keys.id, keys]));

  return {
    encryptSecret(plaintext, purpose) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, current.key(`seal:${purpose}`), nonce, {
        authTagLength: TAG_BYTES,
      });
      const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
      const payload = Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]);
      return `${FORMAT}.${current.id}.${payload.toString('base64url')}`;
    },
    decryptSecret(sealed, purpose) {
      const [format, keyId, payloadText, ...rest] = sealed.split('.');
      const keys = byId.get(keyId ?? '');
      if (format !== FORMAT || payloadText === undefined || rest.length > 0) {
        throw new SecretDecryptError('This is not a value sealed by Foundry');
      }
      if (!keys) throw new SecretDecryptError('The value was sealed with another FOUNDRY_SECRET');
      const payload = Buffer.from(payloadText, 'base64url');
      if (payload.length < NONCE_BYTES + TAG_BYTES)
        throw new SecretDecryptError('The sealed value is too short');
      const decipher = createDecipheriv(
        ALGORITHM,
        keys.key(`seal:${purpose}`),
        payload.subarray(0, NONCE_BYTES),
        {
          authTagLength: TAG_BYTES,
        },
      );
      decipher.setAuthTag(payload.subarray(payload.length - TAG_BYTES));
      try {
        const ciphertext = payload.subarray(NONCE_BYTES, payload.length - TAG_BYTES);
        return decipher.update(ciphertext, undefined, 'utf8') + decipher.final('utf8');
      } catch (cause) {
        throw new SecretDecryptError('The sealed value was altered or is for another purpose', { cause });
      }
    },
    keyedHash(value, purpose) {
      return createHmac('sha256', current.key(`hash:${purpose}`))
        .update(value, 'utf8')
        .digest('base64url');
    },
    deriveKey(label) {
      return current.key(`derived:${label}`).toString('hex');
    },
  };
}
