import type { Change } from '@foundry/shared/topics';
import { gatewayLimits } from '../../limits.ts';
import type { ActorReads, RepositoryName } from '../actor-reads.ts';
import { BoundedMap } from './bounded-map.ts';

interface Entry {
  readonly readAtMs: number;
  readonly names: Promise<Map<string, RepositoryName>>;
}

/** The names of an organization's repositories, to find them in texts that a person may not read. */
export class RepositoryNames {
  readonly #reads: ActorReads;
  readonly #entries = new BoundedMap<string, Entry>(gatewayLimits.accessEntriesMax);

  constructor(reads: ActorReads) {
    this.#reads = reads;
  }

  async of(organizationId: string): Promise<ReadonlyMap<string, RepositoryName>> {
    const known = this.#entries.get(organizationId);
    if (known !== undefined && Date.now() - known.readAtMs < gatewayLimits.repositoryNamesMaxAgeMs) {
      return await known.names;
    }
    const entry: Entry = {
      readAtMs: Date.now(),
      names: this.#reads
        .repositoryNames(organizationId)
        .then((all) => new Map(all.map(({ id, name, fullName }) => [id, { id, name, fullName }]))),
    };
    this.#entries.set(organizationId, entry);
    try {
      return await entry.names;
    } catch (error) {
      if (this.#entries.get(organizationId) === entry) this.#entries.delete(organizationId);
      throw error;
    }
  }

  /** A change of the organization: what it names is known before anybody is told of it. */
  async learnChange(organizationId: string, change: Change): Promise<void> {
    const names = await this.#entries.get(organizationId)?.names;
    for (const upsert of change.upserts) {
      if (upsert.type !== 'repository') continue;
      const { id, name, fullName } = upsert.entity;
      names?.set(id, { id, name, fullName });
    }
  }
}
