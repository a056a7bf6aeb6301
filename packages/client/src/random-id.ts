/**
 * A random id of 32 hexadecimal digits for messages and commands.
 * `crypto.randomUUID` exists only in secure contexts, and Foundry may be served over plain HTTP on a private network.
 */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
