import { z } from 'zod';
import { check } from './expect.ts';

const actorsSchema = z.object({
  actors: z.array(
    z.object({
      actor_id: z.string(),
      name: z.string(),
      key: z.string().nullable(),
      connectable_ts: z.number().nullish(),
    }),
  ),
  pagination: z.object({ cursor: z.string().nullish() }).optional(),
});

const kinds = [
  'app',
  'user',
  'organization',
  'auditLog',
  'githubData',
  'repository',
  'task',
  'taskSession',
  'sessionStatusSync',
  'sandboxInstance',
];

export interface EngineActor {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  /** Since when it has been awake; null while it sleeps. */
  readonly awakeSinceMs: number | null;
}

/** What the engine says of the actors, asked at its own HTTP interface. */
export class EngineSide {
  readonly #url: string;
  readonly #adminToken: string;

  /** `url`: with the admin token as its password. */
  constructor(url: string) {
    // `fetch` takes no credentials in an address.
    const { origin, password } = new URL(url);
    this.#url = origin;
    this.#adminToken = password;
  }

  async #json(path: string, token = this.#adminToken, timeoutMs = 10_000): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    check(`the engine answers ${path}`, response.ok, { status: response.status, body: text });
    return JSON.parse(text) as unknown;
  }

  /** All actors of one kind. */
  async actors(kind: string): Promise<EngineActor[]> {
    const found: EngineActor[] = [];
    let cursor: string | null | undefined;
    do {
      const query = new URLSearchParams({
        namespace: 'default',
        name: kind,
        limit: '100',
        ...(cursor ? { cursor } : {}),
      });
      const page = actorsSchema.parse(await this.#json(`/actors?${query.toString()}`));
      found.push(
        ...page.actors.map((actor) => ({
          id: actor.actor_id,
          kind,
          key: actor.key ?? '',
          awakeSinceMs: actor.connectable_ts ?? null,
        })),
      );
      cursor = page.actors.length === 0 ? null : page.pagination?.cursor;
    } while (cursor);
    return found;
  }

  /** Actors that are awake, of every kind. */
  async awakeActors(): Promise<EngineActor[]> {
    const all = await Promise.all(kinds.map(async (kind) => await this.actors(kind)));
    return all.flat().filter(({ awakeSinceMs }) => awakeSinceMs !== null);
  }

  async #inspect(actorId: string, page: string, timeoutMs?: number): Promise<unknown> {
    // The inspector's token is kept under this key of every actor.
    const kv = z
      .object({ value: z.string() })
      .parse(await this.#json(`/actors/${actorId}/kv/keys/Aw==?namespace=default`, undefined, timeoutMs));
    const token = Buffer.from(kv.value, 'base64').toString('utf8');
    return await this.#json(`/gateway/${actorId}/inspector/${page}`, token, timeoutMs);
  }

  /** Returns when the actor itself has answered. @throws when it does not within three seconds. */
  async reach(actorId: string): Promise<void> {
    await this.#inspect(actorId, 'state', 3_000);
  }

  /** The inspector's workflow history of one actor, as text: the names of the steps are in it. */
  async workflowHistory(actorId: string): Promise<string> {
    return JSON.stringify(await this.#inspect(actorId, 'workflow-history'));
  }
}
