import { z } from 'zod';
import { engineLimits } from '../limits.ts';
import { parseEndpoint } from './engine-health.ts';

/*
 * Two first contacts at once, of two processes, can make two actors of one key: the engine looks whether there is one
 * and writes the new one down in two steps that do not always exclude each other. It leads everybody to the younger one
 * afterwards, and what the older one was told is lost. So an actor asks at its birth whether it is the one that its key
 * leads to. The other one is not born: whoever called it is led to the right one by the next try.
 */

const actorsSchema = z.object({ actors: z.array(z.object({ actor_id: z.string() })) });

let engineEndpoint: string | null = null;

/** `endpoint`: of the engine that sends actors here, as in RIVET_ENDPOINT. Before the first actor starts. */
export function provideEngine(endpoint: string): void {
  engineEndpoint = endpoint;
}

interface NewActor {
  readonly actorId: string;
  readonly name: string;
  readonly key: readonly string[];
  readonly log: { warn(entry: object): void };
}

/** A key as the engine writes it. */
function keyText(key: readonly string[]): string {
  return key.map((part) => part.replaceAll('\\', '\\\\').replaceAll('/', '\\/') || '\\0').join('/') || '/';
}

/** `onCreate` of every actor. @throws Error when the key leads to another actor, or the engine does not answer. */
export async function requireOwnKey({ actorId, name, key, log }: NewActor): Promise<void> {
  if (engineEndpoint === null) {
    throw new Error('provideEngine() must be called before the first actor starts');
  }
  const { baseUrl, namespace, token } = parseEndpoint(engineEndpoint);
  const ask = async (method: string, path: string, query: Record<string, string>): Promise<unknown> => {
    const response = await fetch(`${baseUrl}${path}?${new URLSearchParams(query).toString()}`, {
      method,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(engineLimits.ownKeyTimeoutMs),
    });
    const body: unknown = await response.json();
    if (!response.ok) {
      throw new Error(
        `the engine answered ${response.status} to ${method} ${path} for ${name} ${key.join('/')}`,
      );
    }
    return body;
  };
  const [owner] = actorsSchema.parse(
    await ask('GET', '/actors', { namespace, name, key: keyText(key) }),
  ).actors;
  if (owner !== undefined && owner.actor_id !== actorId) {
    // Or the engine would start it again and again. It answers once the actor is gone, which waits for this to end.
    ask('DELETE', `/actors/${actorId}`, { namespace }).catch((error: unknown) =>
      log.warn({ msg: 'an actor that nobody is led to could not be deleted', actorId, error }),
    );
    throw new Error(`another actor was made at the same time for the key ${name} ${key.join('/')}`);
  }
}
