import { describe, expect, test } from 'vitest';
import { createSecretBox, SecretDecryptError } from './crypto.ts';

const SECRET = 'a'.repeat(32);
const OTHER = 'b'.repeat(32);

describe('[R17] secrets at rest', () => {
  test('a sealed value opens again, and never looks the same twice', () => {
    const box = createSecretBox(SECRET);
    const sealed = box.encryptSecret('gho_ünïcode', 'github-token');
    expect(sealed).not.toContain('gho_');
    expect(box.encryptSecret('gho_ünïcode', 'github-token')).not.toBe(sealed);
    expect(box.decryptSecret(sealed, 'github-token')).toBe('gho_ünïcode');
  });

  test('another purpose, another secret or altered data does not open it', () => {
    const box = createSecretBox(SECRET);
    const sealed = box.encryptSecret('value', 'session-token');
    const altered = sealed.slice(0, -2) + (sealed.endsWith('AA') ? 'BB' : 'AA');
    expect(() => box.decryptSecret(sealed, 'verification')).toThrow(SecretDecryptError);
    expect(() => createSecretBox(OTHER).decryptSecret(sealed, 'session-token')).toThrow(
      /another FOUNDRY_SECRET/,
    );
    expect(() => box.decryptSecret(altered, 'session-token')).toThrow(SecretDecryptError);
    expect(() => box.decryptSecret('plain text', 'session-token')).toThrow(SecretDecryptError);
    expect(() =>
      box.decryptSecret(`${sealed.split('.').slice(0, 2).join('.')}.AAAA`, 'session-token'),
    ).toThrow(/too short/);
  });

  test('a previous secret still opens what it sealed; new values use the new one', () => {
    const sealed = createSecretBox(SECRET).encryptSecret('value', 'github-app-key');
    const rotated = createSecretBox(OTHER, [SECRET]);
    expect(rotated.decryptSecret(sealed, 'github-app-key')).toBe('value');
    expect(
      createSecretBox(OTHER).decryptSecret(rotated.encryptSecret('new', 'github-app-key'), 'github-app-key'),
    ).toBe('new');
  });

  test('a keyed hash is stable, depends on secret and purpose, and a short secret is refused', () => {
    const box = createSecretBox(SECRET);
    const hash = box.keyedHash('token', 'session-token');
    expect(createSecretBox(SECRET).keyedHash('token', 'session-token')).toBe(hash);
    expect(box.keyedHash('token', 'verification')).not.toBe(hash);
    expect(createSecretBox(OTHER).keyedHash('token', 'session-token')).not.toBe(hash);
    expect(box.deriveKey('better-auth')).toMatch(/^[0-9a-f]{64}$/);
    expect(() => createSecretBox('short')).toThrow(RangeError);
  });
});
