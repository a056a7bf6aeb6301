import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BareRepository } from './bare-repository.ts';

/** Where the bare repositories are, and one queue per repository so that two changes never interleave. */
export class RepositoryFolders {
  readonly root: string;
  private readonly tails = new Map<number, Promise<unknown>>();

  constructor(dataDir: string) {
    this.root = join(dataDir, 'git');
  }

  open(repository: { folder: string }): BareRepository {
    return new BareRepository(join(this.root, repository.folder));
  }

  async remove(repository: { folder: string }): Promise<void> {
    await rm(join(this.root, repository.folder), { recursive: true, force: true });
  }

  /** Runs `work` when every earlier work of this repository has ended, whether well or badly. */
  exclusive<T>(repositoryId: number, work: () => Promise<T>): Promise<T> {
    const before = this.tails.get(repositoryId) ?? Promise.resolve();
    const run = before.then(work, work);
    this.tails.set(repositoryId, run);
    return run;
  }
}
