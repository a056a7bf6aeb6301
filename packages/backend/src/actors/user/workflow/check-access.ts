import { LRUCache } from 'lru-cache';
import type { LoopActionContext } from '../../../command-loop/command-loop.ts';
import { errorMessage } from '../../../command-loop/errors.ts';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { gitHubOf, type GitHubApi } from '../../../github/github-client.ts';
import { gitHubLimits } from '../../../limits.ts';
import { mapBounded } from '../../../parallel.ts';
import { services } from '../../services.ts';
import type { AccessCheck } from '../commands.ts';
import * as repository from '../db/repository.ts';
import { isSameAccess, organizationChanges } from '../decisions.ts';
import { readInstallationsPage, readRepositoriesPage, type PageMemory } from './access-pages.ts';
import { readAdmission, type Admission } from './admission.ts';
import { userIdOf } from './inputs.ts';
import { ownGitHubToken } from './own-token.ts';
import { problemOf } from './refresh-access.ts';

interface Memory extends PageMemory {
  /** The last answer, or the one on its way: many may ask at once. */
  last: { readonly answer: Promise<AccessCheck>; readonly startedAtMs: number } | null;
}

/** In memory on purpose: a check that finds nothing new, every half minute for everybody who is here, writes nothing. */
const memories = new LRUCache<string, Memory>({ max: gitHubLimits.accessMemories });

function memoryOf(userId: string): Memory {
  const known = memories.get(userId);
  if (known !== undefined) return known;
  const memory: Memory = { installations: new Map(), repositories: new Map(), last: null };
  memories.set(userId, memory);
  return memory;
}

/** Everything that GitHub shows the person now, by conditional requests. */
async function readEverything(api: GitHubApi, admission: Admission, memory: PageMemory, signal: AbortSignal) {
  const organizations = [];
  for (let page: string | null = '1'; page !== null;) {
    const { items, next } = await readInstallationsPage(api, page, signal, memory);
    organizations.push(...items.filter(admission.admits));
    page = next;
  }
  const repositories: repository.AccessRow[] = [];
  await mapBounded(organizations, gitHubLimits.parallelRequests, async ({ id, installation }) => {
    if (installation?.status !== 'active') return;
    for (let page: string | null = '1'; page !== null;) {
      const at = { installationId: installation.id, organizationId: id, page };
      const { items, next } = await readRepositoriesPage(api, at, signal, memory);
      repositories.push(...items);
      page = next;
    }
  });
  return { organizations, repositories };
}

async function compare(userId: string, db: ActorDatabase, memory: PageMemory): Promise<AccessCheck['state']> {
  const { config, log } = services();
  const signal = AbortSignal.timeout(gitHubLimits.accessCheckTimeoutMs);
  try {
    const api = gitHubOf(config.github, log).asPerson((wish) => ownGitHubToken(userId, db, wish));
    const now = await readEverything(api, await readAdmission(config.admission, signal), memory, signal);
    return await db.transaction(async (tx) => {
      const { isRunning, problem, readAtMs } = await repository.readAccessState(tx);
      if (isRunning && readAtMs !== null) return 'unknown';
      const known = await repository.listOrganizations(tx);
      const { upserted, removedIds } = organizationChanges(known, now.organizations);
      const isSame =
        upserted.length + removedIds.length === 0 &&
        isSameAccess(await repository.listAllAccess(tx), now.repositories);
      const isOver = problem !== null && problem.kind !== 'not_admitted';
      return isSame && !isOver ? 'confirmed' : 'changed';
    });
  } catch (error) {
    if (problemOf(error)?.kind === 'sign_in_required') {
      const { problem } = await repository.readAccessState(db);
      // Said already: only a new sign-in changes that.
      return problem?.kind === 'sign_in_required' ? 'confirmed' : 'changed';
    }
    log.debug({ userId, reason: errorMessage(error) }, 'GitHub does not say what somebody may see');
    return 'unknown';
  }
}

/** Asks GitHub whether the person may still see what the last refresh found. Writes nothing but a renewed token. */
export async function checkAccess(c: LoopActionContext): Promise<AccessCheck> {
  const userId = userIdOf(c.key);
  if ((await repository.readProfile(c.db)) === null) return { state: 'unknown', atMs: Date.now() };
  const memory = memoryOf(userId);
  const nowMs = Date.now();
  if (memory.last !== null && nowMs - memory.last.startedAtMs < gitHubLimits.accessCheckMinIntervalMs) {
    return await memory.last.answer;
  }
  const answer = compare(userId, c.db, memory).then((state): AccessCheck => ({ state, atMs: nowMs }));
  memory.last = { answer, startedAtMs: nowMs };
  return await answer;
}
