import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { defaultModelId, demoModels } from './models.ts';

const storedSessionSchema = z.object({
  sessionId: z.string(),
  cwd: z.string(),
  modelId: z.enum(demoModels.map((model) => model.value)).catch(defaultModelId),
  turnCount: z.number().int().nonnegative(),
  allowedCommands: z.array(z.string()),
  history: z.array(z.object({ role: z.enum(['user', 'agent']), text: z.string() })),
});

/** What the agent remembers of a session: enough for `session/load` after a restart. */
export type StoredSession = z.infer<typeof storedSessionSchema>;

/** The remembered conversation is bounded: the oldest entries go first, long texts are cut. */
const maxHistoryEntries = 200;
const maxEntryLength = 8_000;

/** Sessions as one JSON file each under `folder`, replaced atomically. */
export class SessionStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async save(session: StoredSession): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const history = session.history
      .slice(-maxHistoryEntries)
      .map(({ role, text }) => ({ role, text: text.slice(0, maxEntryLength) }));
    const target = this.#pathOf(session.sessionId);
    // A name of its own for each write: two may be under way at once.
    const partial = `${target}.${randomUUID()}.new`;
    await writeFile(partial, JSON.stringify({ ...session, history }), { mode: 0o600 });
    await rename(partial, target);
  }

  /** The stored session, or undefined when there is none (or its file is damaged). */
  async load(sessionId: string): Promise<StoredSession | undefined> {
    // Session ids are ours (UUIDs); anything else could name a file outside the folder.
    if (!/^[\w-]+$/.test(sessionId)) return undefined;
    try {
      const text = await readFile(this.#pathOf(sessionId), 'utf8');
      const parsed = storedSessionSchema.safeParse(JSON.parse(text));
      return parsed.success ? parsed.data : undefined;
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #pathOf(sessionId: string): string {
    return path.join(this.#folder, `${sessionId}.json`);
  }
}
