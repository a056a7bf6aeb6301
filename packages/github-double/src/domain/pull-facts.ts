import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { readMergeable, readPullSizes } from '../git/pull-facts.ts';
import type { PullSizes } from '../git/pull-facts.ts';
import type { RepositoryFolders } from '../git/repository-folders.ts';
import type { Store } from '../store/open.ts';
import type { PullFacts } from '../store/pulls.ts';

/**
 * Starting a process stops this one for as long as the kernel copies its page tables, 10 ms and more: a request
 * never waits for the merges of all the others.
 */
const pullsMeasuredAtOnce = 2;
const mergesAtOnce = 2;

/** What is told of a pull request before its merge was tried: `mergeable` is null, as on GitHub. */
export type ToldPullFacts = Omit<PullFacts, 'mergeable'> & { mergeable: boolean | null };

interface Commits {
  baseSha: string;
  headSha: string;
}

interface Computation {
  sizes: Promise<PullSizes>;
  whole: Promise<PullFacts>;
}

/**
 * What git says about the commits of pull requests: asked once for each pair of commits, by a bounded number of git
 * processes, and kept for good.
 */
export class PullFactsReader {
  private readonly store: Store;
  private readonly folders: RepositoryFolders;
  private readonly log: Logger;
  /** How long an answer waits for a merge that is being tried, in milliseconds. */
  private readonly mergeWaitMs: number;
  private readonly sizes = pLimit(pullsMeasuredAtOnce);
  private readonly merges = pLimit(mergesAtOnce);
  private readonly underWay = new Map<string, Computation>();
  private isStopped = false;

  constructor(options: { store: Store; folders: RepositoryFolders; log: Logger; mergeWaitMs: number }) {
    this.store = options.store;
    this.folders = options.folders;
    this.log = options.log;
    this.mergeWaitMs = options.mergeWaitMs;
  }

  /** Everything, however long it takes. */
  async whole(repository: { id: number; folder: string }, pull: Commits): Promise<PullFacts> {
    return this.known(repository, pull) ?? (await this.compute(repository, pull).whole);
  }

  /** What can be told shortly: the merge is tried in the background, and null until then. */
  async soon(repository: { id: number; folder: string }, pull: Commits): Promise<ToldPullFacts> {
    const known = this.known(repository, pull);
    if (known !== undefined) return known;
    const { sizes, whole } = this.compute(repository, pull);
    const measured = await sizes;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        resolve(undefined);
      }, this.mergeWaitMs);
    });
    try {
      const facts = this.mergeWaitMs === 0 ? undefined : await Promise.race([whole, tooLate]);
      return facts ?? { repositoryId: repository.id, ...commitsOf(pull), ...measured, mergeable: null };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Starts nothing more and resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.allSettled([...this.underWay.values()].map(({ whole }) => whole));
  }

  private known(repository: { id: number }, pull: Commits): PullFacts | undefined {
    return this.store.pulls.facts(repository.id, pull.baseSha, pull.headSha);
  }

  private compute(repository: { id: number; folder: string }, pull: Commits): Computation {
    const { baseSha, headSha } = pull;
    const key = `${repository.id}:${baseSha}:${headSha}`;
    const existing = this.underWay.get(key);
    if (existing !== undefined) return existing;
    const bare = this.folders.open(repository);
    const sizes = this.sizes(() => this.unlessStopped(() => readPullSizes(bare, baseSha, headSha)));
    const whole = (async () => {
      try {
        const measured = await sizes;
        const mergeable = await this.merges(() =>
          this.unlessStopped(() => readMergeable(bare, baseSha, headSha)),
        );
        const facts = { repositoryId: repository.id, baseSha, headSha, ...measured, mergeable };
        this.store.pulls.saveFacts(facts);
        return facts;
      } finally {
        this.underWay.delete(key);
      }
    })();
    // Nobody may be waiting for it any more; whoever asks next starts anew.
    whole.catch((error: unknown) => {
      this.log.debug({ err: error, repositoryId: repository.id, baseSha, headSha }, 'not merged');
    });
    const computation = { sizes, whole };
    this.underWay.set(key, computation);
    return computation;
  }

  private async unlessStopped<T>(work: () => Promise<T>): Promise<T> {
    if (this.isStopped) throw new Error('The double stops');
    return work();
  }
}

function commitsOf({ baseSha, headSha }: Commits): Commits {
  return { baseSha, headSha };
}
