import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import pLimit from 'p-limit';
import { userAddress } from '../../actors/addresses.ts';
import { accessCheckSchema } from '../../actors/user/commands.ts';
import type { UserAccess } from '../../actors/user/commands.ts';
import type { ActorConnections } from '../../command-loop/connections.ts';
import { errorMessage } from '../../command-loop/errors.ts';
import { gatewayLimits } from '../../limits.ts';
import { HttpError } from '../errors.ts';
import type { ActorReads } from '../actor-reads.ts';
import { whileOutcomeUnknown } from '../retry.ts';
import type { FeedHold, FeedPool } from '../upstream/feed-pool.ts';
import { BoundedMap } from './bounded-map.ts';

type AccessListener = (access: UserAccess) => void;

interface Entry {
  readonly userId: string;
  access: UserAccess | null;
  /** 0: must be read again before the next answer. */
  readAtMs: number;
  lastAskedMs: number;
  reading: Promise<UserAccess> | null;
  firstRead: Promise<UserAccess> | null;
  readonly listeners: Set<AccessListener>;
  hold: FeedHold | null;
  /** When GitHub last said what `access` says, and when it was last asked. */
  confirmedAtMs: number;
  askedAtMs: number;
  asking: Promise<void> | null;
  /** The User actor's version at the last read; a heartbeat with another one means a missed change. */
  seenVersion: number | null;
}

/**
 * What every person who is active here may see, as their User actor says. Read once, then kept fresh by the actor's
 * changes; never older than `accessMaxAgeMs`. And GitHub is asked again and again whether it still is so, for everybody
 * who is here: events may be lost. What GitHub has not confirmed for `accessGreatestAgeMs` counts for nothing.
 * @throws as ActorReads.
 */
export class UserAccessDirectory {
  readonly #reads: ActorReads;
  readonly #connections: ActorConnections;
  readonly #feeds: FeedPool;
  readonly #log: Logger;
  readonly #entries: BoundedMap<string, Entry>;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #asks = pLimit(gatewayLimits.parallelAccessChecks);

  constructor(options: { reads: ActorReads; connections: ActorConnections; feeds: FeedPool; log: Logger }) {
    this.#reads = options.reads;
    this.#connections = options.connections;
    this.#feeds = options.feeds;
    this.#log = options.log;
    this.#entries = new BoundedMap(gatewayLimits.accessEntriesMax, (entry) => entry.hold?.release());
    this.#timers = [
      setInterval(() => this.#sweep(), gatewayLimits.accessMaxAgeMs),
      setInterval(() => this.#askAboutWhoIsHere(), gatewayLimits.accessWatchMs),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** The access of a person, without waiting for GitHub: `readAtMs` is null when it was never read from there. */
  async current(userId: string): Promise<UserAccess> {
    const entry = this.#entry(userId);
    entry.lastAskedMs = Date.now();
    if (entry.access !== null && Date.now() - entry.readAtMs < gatewayLimits.accessMaxAgeMs) {
      return entry.access;
    }
    return await this.#read(entry);
  }

  /** As `current`, but of somebody whose access was never read it asks GitHub first, and waits some seconds for that. */
  async known(userId: string): Promise<UserAccess> {
    const access = await this.current(userId);
    const entry = this.#entry(userId);
    if (access.readAtMs !== null) return await this.#trusted(entry, access);
    entry.firstRead ??= this.#firstRead(entry).finally(() => {
      entry.firstRead = null;
    });
    return await entry.firstRead;
  }

  /** Tells of each change of a person's access until the returned function is called. */
  watch(userId: string, listener: AccessListener): () => void {
    const entry = this.#entry(userId);
    entry.listeners.add(listener);
    return () => void entry.listeners.delete(listener);
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#asks.clearQueue();
    for (const entry of this.#entries.values()) entry.hold?.release();
  }

  #entry(userId: string): Entry {
    const known = this.#entries.get(userId);
    if (known !== undefined) return known;
    const entry: Entry = {
      userId,
      access: null,
      readAtMs: 0,
      lastAskedMs: Date.now(),
      reading: null,
      firstRead: null,
      listeners: new Set(),
      hold: null,
      confirmedAtMs: 0,
      askedAtMs: 0,
      asking: null,
      seenVersion: null,
    };
    this.#entries.set(userId, entry);
    entry.hold = this.#feeds.hold(userAddress(userId), {
      onChange: (change) => this.#changed(entry, change.version),
      onVersion: (version) => {
        if (version !== entry.seenVersion) this.#changed(entry, version);
      },
    });
    return entry;
  }

  /** The next answer waits for a new read; whoever watches hears of it when it is there. */
  #changed(entry: Entry, version: number): void {
    entry.seenVersion = version;
    entry.readAtMs = 0;
    entry.reading = null;
    this.#read(entry).catch((error: unknown) =>
      this.#log.warn({ userId: entry.userId, reason: errorMessage(error) }, 'access could not be read again'),
    );
  }

  #read(entry: Entry): Promise<UserAccess> {
    if (entry.reading !== null) return entry.reading;
    const reading: Promise<UserAccess> = this.#readAndStore(entry, () => entry.reading === reading);
    entry.reading = reading;
    return reading;
  }

  async #readAndStore(entry: Entry, isCurrent: () => boolean): Promise<UserAccess> {
    const startMs = Date.now();
    try {
      const access = await this.#reads.userAccess(entry.userId);
      // A change in the meantime has started a newer read: its result counts.
      if (isCurrent()) this.#store(entry, access, startMs);
      return access;
    } finally {
      if (isCurrent()) entry.reading = null;
    }
  }

  #store(entry: Entry, access: UserAccess, startMs: number): void {
    const before = entry.access;
    entry.access = access;
    entry.confirmedAtMs = Math.max(entry.confirmedAtMs, access.readAtMs ?? 0);
    entry.readAtMs = startMs;
    if (before === null || !sameAccess(before, access)) {
      for (const listener of entry.listeners) listener(access);
    }
  }

  async #firstRead(entry: Entry): Promise<UserAccess> {
    const deadlineMs = Date.now() + gatewayLimits.accessFirstReadMs;
    await this.#refresh(entry, 'first visit');
    for (;;) {
      const access = await this.#read(entry);
      if (access.readAtMs !== null || Date.now() >= deadlineMs) return access;
      await sleep(gatewayLimits.accessPollMs);
    }
  }

  /** Access that was confirmed a while ago is confirmed first; nobody waits long for a GitHub that does not answer. */
  async #trusted(entry: Entry, access: UserAccess): Promise<UserAccess> {
    if (Date.now() - entry.confirmedAtMs < gatewayLimits.accessTrustedMs) return access;
    await Promise.race([
      this.#ask(entry),
      sleep(gatewayLimits.accessConfirmWaitMs, undefined, { ref: false }),
    ]);
    if (Date.now() - entry.confirmedAtMs < gatewayLimits.accessGreatestAgeMs)
      return await this.current(entry.userId);
    throw new HttpError(
      503,
      'access_unknown',
      'GitHub has not answered for a long time what you may see, so nothing is shown for now. Foundry asks again by itself.',
      { retryAfterMs: gatewayLimits.accessWatchMs },
    );
  }

  /** Lets the User actor ask GitHub, unless that is under way; what has changed is read anew and then announced. */
  #ask(entry: Entry): Promise<void> {
    const asking =
      entry.asking ??
      this.#asks(async () => await this.#askNow(entry)).finally(() => {
        entry.asking = null;
      });
    entry.asking = asking;
    return asking;
  }

  async #askNow(entry: Entry): Promise<void> {
    entry.askedAtMs = Date.now();
    try {
      const { state, atMs } = accessCheckSchema.parse(
        await this.#connections.call(userAddress(entry.userId), 'checkAccess', [], {
          timeoutMs: gatewayLimits.accessCheckTimeoutMs,
        }),
      );
      if (state === 'confirmed') entry.confirmedAtMs = Math.max(entry.confirmedAtMs, atMs);
      if (state !== 'changed') return;
      await this.#refresh(entry, 'GitHub says something else');
      // At most until the change is there: whoever asked must not be answered with what was.
      const deadlineMs = Date.now() + gatewayLimits.accessConfirmWaitMs;
      while (entry.confirmedAtMs < atMs && Date.now() < deadlineMs) await sleep(gatewayLimits.accessPollMs);
    } catch (error) {
      this.#log.warn(
        { userId: entry.userId, reason: errorMessage(error) },
        'whether access is still as it was could not be asked',
      );
    }
  }

  async #refresh(entry: Entry, why: string): Promise<void> {
    const envelope = {
      commandId: `access.${randomUUID()}`,
      causedBy: null,
      by: { kind: 'system' as const },
      at: Date.now(),
    };
    const message = { name: 'user.command.refreshAccess', body: { reason: why }, envelope };
    await whileOutcomeUnknown((timeoutMs) =>
      this.#connections.enqueue(userAddress(entry.userId), [message], { timeoutMs }),
    );
  }

  #askAboutWhoIsHere(): void {
    const nowMs = Date.now();
    for (const entry of this.#entries.values()) {
      if (entry.access === null || entry.access.readAtMs === null) continue;
      const isHere = entry.listeners.size > 0 || nowMs - entry.lastAskedMs < gatewayLimits.accessTrustedMs;
      if (isHere && nowMs - entry.askedAtMs >= gatewayLimits.accessCheckIntervalMs) void this.#ask(entry);
      if (nowMs - entry.confirmedAtMs < gatewayLimits.accessGreatestAgeMs) continue;
      // Open topics are closed by the same rule as requests are refused.
      for (const listener of entry.listeners) listener(entry.access);
    }
  }

  #sweep(): void {
    const before = Date.now() - 2 * gatewayLimits.accessMaxAgeMs;
    for (const entry of this.#entries.values()) {
      if (entry.listeners.size === 0 && entry.lastAskedMs < before) {
        this.#entries.delete(entry.userId);
        entry.hold?.release();
      }
    }
  }
}

function sameAccess(a: UserAccess, b: UserAccess): boolean {
  const same = (one: readonly string[], other: readonly string[]): boolean => {
    const set = new Set(one);
    return set.size === new Set(other).size && other.every((id) => set.has(id));
  };
  return (
    same(a.organizationIds, b.organizationIds) &&
    same(a.repositoryIds, b.repositoryIds) &&
    a.repositoryIds.every((id) => a.roles[id] === b.roles[id])
  );
}
