import { z } from 'zod';

const namespacesSchema = z.object({ namespaces: z.array(z.object({ name: z.string() })) });

/** Splits `http://namespace:token@host:port` into a plain address and what to authenticate with. */
export function parseEndpoint(endpoint: string): {
  baseUrl: string;
  namespace: string;
  token: string | undefined;
} {
  const url = new URL(endpoint);
  const namespace = decodeURIComponent(url.username) || 'default';
  const token = decodeURIComponent(url.password) || undefined;
  url.username = '';
  url.password = '';
  return { baseUrl: url.toString().replace(/\/+$/, ''), namespace, token };
}

/**
 * True when the engine answers a real request: its database can be read and its namespace exists. Its own
 * `/health` is up before that.
 */
export async function isEngineReady(endpoint: string, timeoutMs: number): Promise<boolean> {
  const { baseUrl, namespace, token } = parseEndpoint(endpoint);
  try {
    const response = await fetch(`${baseUrl}/namespaces?name=${encodeURIComponent(namespace)}`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const body: unknown = await response.json();
    if (!response.ok) return false;
    return namespacesSchema.parse(body).namespaces.some(({ name }) => name === namespace);
  } catch {
    // Refused, reset, timed out, or an answer that no engine gives: all of it means "not ready".
    return false;
  }
}
