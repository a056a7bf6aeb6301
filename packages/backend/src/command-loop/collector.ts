import type { Envelope } from '@foundry/shared/envelope';
import type { Change, Remove, Upsert } from '@foundry/shared/topics';
import { auditAppendName, auditLogAddressOf } from './audit.ts';
import type { ActorDatabase } from './database.ts';
import { derivedCommandId } from './envelopes.ts';
import type { TransactionContext } from './handlers.ts';
import * as store from './store-repository.ts';

/** What one transaction of one command wants to have sent, broadcast and noted, kept until it is written with it. */
export class Collector implements TransactionContext {
  readonly tx: ActorDatabase;
  readonly key: readonly string[];
  readonly nowMs: number;
  readonly outbox: store.OutboxMessage[] = [];
  readonly upserts: Upsert[] = [];
  readonly removes: Remove[] = [];
  readonly events: { event: string; payload: unknown }[] = [];
  reloading = false;
  readonly #envelope: Envelope;
  readonly #step: string;

  constructor(tx: ActorDatabase, key: readonly string[], nowMs: number, envelope: Envelope, step: string) {
    this.tx = tx;
    this.key = key;
    this.nowMs = nowMs;
    this.#envelope = envelope;
    this.#step = step;
  }

  send: TransactionContext['send'] = (to, name, body, options = {}) => {
    const id = derivedCommandId(this.#envelope.commandId, this.#step, this.outbox.length);
    this.outbox.push({
      id,
      targetKind: to.kind,
      targetKey: to.key,
      command: name,
      body,
      envelope: { commandId: id, causedBy: this.#envelope.commandId, by: this.#envelope.by, at: this.nowMs },
      notBeforeMs: options.delayMs === undefined ? 0 : this.nowMs + options.delayMs,
    });
  };

  audit: TransactionContext['audit'] = (note) => {
    const target = auditLogAddressOf(this.key);
    if (target === null) {
      return;
    }
    const id = derivedCommandId(this.#envelope.commandId, this.#step, this.outbox.length);
    this.outbox.push({
      id,
      targetKind: target.kind,
      targetKey: target.key,
      command: auditAppendName,
      body: {
        id,
        atMs: this.nowMs,
        by: this.#envelope.by,
        causedBy: this.#envelope.causedBy ?? this.#envelope.commandId,
        ...note,
        repositoryId: note.repositoryId ?? null,
      },
      envelope: { commandId: id, causedBy: this.#envelope.commandId, by: this.#envelope.by, at: this.nowMs },
      notBeforeMs: 0,
    });
  };

  upsert: TransactionContext['upsert'] = (...changes) => {
    this.upserts.push(...changes);
  };

  remove: TransactionContext['remove'] = (...changes) => {
    this.removes.push(...changes);
  };

  reload = (): void => {
    this.reloading = true;
  };

  broadcast: TransactionContext['broadcast'] = (event, payload) => {
    this.events.push({ event, payload });
  };
}

/** Writes what a transaction collected; returns the topic change, if any. Several commands of a batch share one version. */
export async function flush(db: ActorDatabase, collectors: readonly Collector[]): Promise<Change | null> {
  await store.writeOutbox(
    db,
    collectors.flatMap((collector) => collector.outbox),
  );
  const upserts = collectors.flatMap((collector) => collector.upserts);
  const removes = collectors.flatMap((collector) => collector.removes);
  const reload = collectors.some((collector) => collector.reloading);
  if (upserts.length + removes.length === 0 && !reload) {
    return null;
  }
  return await store.writeChange(
    db,
    reload ? { upserts: [], removes: [], reload } : { upserts: latest(upserts), removes },
  );
}

/** One entity changed twice in a batch travels once, with its last state. */
function latest(upserts: readonly Upsert[]): Upsert[] {
  const byEntity = new Map<string, Upsert>();
  for (const upsert of upserts) {
    const id =
      'id' in upsert.entity
        ? upsert.entity.id
        : 'sequence' in upsert.entity
          ? upsert.entity.sequence
          : 'taskId' in upsert.entity
            ? upsert.entity.taskId
            : 'githubId' in upsert.entity
              ? upsert.entity.githubId
              : '';
    const entityKey = `${upsert.type}/${id}`;
    byEntity.delete(entityKey);
    byEntity.set(entityKey, upsert);
  }
  return [...byEntity.values()];
}
