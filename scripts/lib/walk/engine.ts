import { z } from 'zod';
import { check } from './expect.ts';

const actorsSchema = z.object({
  actors: z.array(z.object({ actor_id: z.string(), name: z.string(), key: z.string().nullable() })),
  pagination: z.object({ cursor: z.string().nullish() }).optional(),
});

/** What the engine says of the actors, asked at its own HTTP interface. */
export class EngineSide {
  readonly #url: string;

  constructor(url: string) {
    // `fetch` takes no credentials in an address, and the engine asks for none on loopback.
    this.#url = new URL(url).origin;
  }

  async #json(path: string, token?: string): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    check(`the engine answers ${path}`, response.ok, { status: response.status, body: text });
    return JSON.parse(text) as unknown;
  }

  /** Ids and keys of all actors of one kind. */
  async actors(kind: string): Promise<{ id: string; key: string }[]> {
    const found: { id: string; key: string }[] = [];
    let cursor: string | null | undefined;
    do {
      const query = new URLSearchParams({
        namespace: 'default',
        name: kind,
        limit: '100',
        ...(cursor ? { cursor } : {}),
      });
      const page = actorsSchema.parse(await this.#json(`/actors?${query.toString()}`));
      found.push(...page.actors.map((actor) => ({ id: actor.actor_id, key: actor.key ?? '' })));
      cursor = page.actors.length === 0 ? null : page.pagination?.cursor;
    } while (cursor);
    return found;
  }

  /** The inspector's workflow history of one actor, as text: the names of the steps are in it. */
  async workflowHistory(actorId: string): Promise<string> {
    // The inspector's token is kept under this key of every actor.
    const kv = z
      .object({ value: z.string() })
      .parse(await this.#json(`/actors/${actorId}/kv/keys/Aw==?namespace=default`));
    const token = Buffer.from(kv.value, 'base64').toString('utf8');
    return JSON.stringify(await this.#json(`/gateway/${actorId}/inspector/workflow-history`, token));
  }
}
