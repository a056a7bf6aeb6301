import { LRUCache } from 'lru-cache';
import { gitHubLimits } from '../limits.ts';

export interface Avatar {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const pictureTypes: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/svg+xml',
]);

/**
 * People's pictures, fetched from GitHub for the browsers: those need not reach GitHub, which does not learn who looks
 * at what, and a picture on plain http is no mixed content. Kept for a while, within a bound. `webUrl`: of the GitHub
 * whose pictures are handed out; no other server is ever asked.
 */
export class Avatars {
  readonly #origins: ReadonlySet<string>;
  readonly #kept: LRUCache<string, { avatar: Avatar | null }>;

  constructor(options: { webUrl: string }) {
    const web = new URL(options.webUrl);
    this.#origins = new Set(
      web.hostname === 'github.com'
        ? ['https://avatars.githubusercontent.com']
        : // An Enterprise Server has them on a name of their own when it isolates sub-domains.
          [web.origin, `${web.protocol}//avatars.${web.host}`],
    );
    this.#kept = new LRUCache({
      max: gitHubLimits.avatarsKept,
      maxSize: gitHubLimits.avatarsKeptBytes,
      sizeCalculation: ({ avatar }) => 1_024 + (avatar?.bytes.byteLength ?? 0),
      ttl: gitHubLimits.avatarRetentionMs,
      fetchMethod: async (url, _stale, { signal, options: entry }) => {
        const avatar = await this.#fetch(url, signal);
        // A picture that could not be had may be there in a minute.
        if (avatar === null) entry.ttl = gitHubLimits.missingAvatarRetentionMs;
        return { avatar };
      },
    });
  }

  /** Null for an address that is not one of GitHub's pictures, and for a picture that cannot be had. */
  async read(address: string): Promise<Avatar | null> {
    if (!URL.canParse(address)) return null;
    const url = new URL(address);
    if (!this.#origins.has(url.origin) || url.username !== '' || url.password !== '') return null;
    url.hash = '';
    return (await this.#kept.fetch(url.href))?.avatar ?? null;
  }

  async #fetch(url: string, signal: AbortSignal): Promise<Avatar | null> {
    try {
      const response = await fetch(url, {
        // Where it leads is not known: it might be a server that only this one can reach.
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(gitHubLimits.avatarTimeoutMs)]),
      });
      const type = (response.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
      if (response.status !== 200 || response.body === null || !pictureTypes.has(type)) {
        await response.body?.cancel();
        return null;
      }
      return await readBounded(response.body, type);
    } catch {
      // Out of reach, too slow, or leading elsewhere: the letter that stands for the person has to do.
      return null;
    }
  }
}

async function readBounded(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  type: string,
): Promise<Avatar | null> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > gitHubLimits.avatarSizeBytes) return null;
    chunks.push(chunk);
  }
  return { type, bytes: new Uint8Array(Buffer.concat(chunks)) };
}
