import type { TaskSummary } from '@foundry/shared/entities';
import { organizationSnapshotSchema, type OrganizationSnapshot } from '@foundry/shared/topics';
import { vi } from 'vitest';
import { organizationAddress } from '../addresses.ts';
import type { GitHubStack } from './github-stack.ts';

/** Asks again until nothing is thrown, at most half a minute: a busy machine is no failure. @throws what the last try threw. */
export async function eventually<T>(check: () => Promise<T>): Promise<T> {
  return await vi.waitFor(check, { timeout: 30_000, interval: 50 });
}

/** Repositories with their open pull requests, in a form that the double and the index have in common. */
export interface RepositoryPulls {
  readonly id: string;
  readonly name: string;
  /** One line for each: number, branch, head, title, whether it is a draft. */
  readonly open: readonly string[];
}

/** What one organization of a stack knows, and what it should know. */
export class OrganizationView {
  /** GitHub's id of the account. */
  readonly id: string;
  readonly #stack: GitHubStack;

  constructor(stack: GitHubStack, login: string) {
    this.#stack = stack;
    this.id = stack.accountId(login);
  }

  async snapshot(): Promise<OrganizationSnapshot> {
    return organizationSnapshotSchema.parse(
      await this.#stack.connections.call(organizationAddress(this.id), 'snapshot', [{}]),
    );
  }

  /** Waits for the end of a sync that began at `sinceMs` or later. */
  async synced(sinceMs: number): Promise<OrganizationSnapshot> {
    return await eventually(async () => {
      const now = await this.snapshot();
      const { state, failure, startedAtMs } = now.sync;
      if (state !== 'done' || failure !== null || startedAtMs === null || startedAtMs < sinceMs) {
        throw new Error(`waited in vain for a sync: ${JSON.stringify(now.sync)}`);
      }
      return now;
    });
  }

  /** A full sync, from the asking to its end. */
  async sync(): Promise<OrganizationSnapshot> {
    const startMs = Date.now();
    await this.#stack.send(organizationAddress(this.id), 'organization.command.requestSync', {});
    return await this.synced(startMs);
  }

  /** What the organization's index should hold, by the double's own books. */
  truth(): RepositoryPulls[] {
    const { store } = this.#stack.double.double;
    return store.repositories
      .all()
      .filter(({ ownerId }) => String(ownerId) === this.id)
      .map(({ id, name }) => ({
        id: String(id),
        name,
        open: store.pulls
          .list(id, { state: 'open', sort: 'created', direction: 'asc' })
          .map((pull) => `${pull.number} ${pull.headRef} ${pull.headSha} ${pull.title} ${pull.draft}`)
          .sort(),
      }));
  }
}

/** The same of a snapshot: what the index does hold. */
export function seen({ repositories, tasks }: OrganizationSnapshot): RepositoryPulls[] {
  return repositories
    .map(({ id, name }) => ({
      id,
      name,
      open: tasks
        .flatMap(({ repositoryId, branch, pullRequest }) =>
          repositoryId === id && pullRequest?.state === 'open'
            ? [
                `${pullRequest.number} ${branch} ${pullRequest.headSha} ${pullRequest.title} ${pullRequest.draft}`,
              ]
            : [],
        )
        .sort(),
    }))
    .sort((left, right) => Number(left.id) - Number(right.id));
}

/** @throws Error when the snapshot has no task of this pull request. */
export function pullTask(now: OrganizationSnapshot, repositoryId: string, number: number): TaskSummary {
  const found = now.tasks.find(
    (task) => task.repositoryId === repositoryId && task.pullRequest?.number === number,
  );
  if (found === undefined) throw new Error(`no task of pull request ${number}`);
  return found;
}
