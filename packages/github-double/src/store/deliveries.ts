import { and, asc, desc, eq, lt } from 'drizzle-orm';
import type { Database } from './open.ts';
import { deliveries } from './schema.ts';

export type Delivery = typeof deliveries.$inferSelect;
export type NewDelivery = typeof deliveries.$inferInsert;

/** Webhook deliveries: those to be made and those that were. */
export class DeliveryStore {
  private readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  insert(values: NewDelivery): Delivery {
    return this.db.insert(deliveries).values(values).returning().get();
  }

  update(id: number, values: Partial<NewDelivery>): void {
    this.db.update(deliveries).set(values).where(eq(deliveries.id, id)).run();
  }

  nextPending(): Delivery | undefined {
    return this.db
      .select()
      .from(deliveries)
      .where(eq(deliveries.state, 'pending'))
      .orderBy(asc(deliveries.id))
      .limit(1)
      .get();
  }

  byId(appId: number, id: number): Delivery | undefined {
    return this.db
      .select()
      .from(deliveries)
      .where(and(eq(deliveries.appId, appId), eq(deliveries.id, id)))
      .get();
  }

  /** Newest first, those already attempted, below `beforeId` when given. */
  page(appId: number, limit: number, beforeId?: number): Delivery[] {
    return this.db
      .select()
      .from(deliveries)
      .where(
        and(
          eq(deliveries.appId, appId),
          eq(deliveries.state, 'delivered'),
          beforeId === undefined ? undefined : lt(deliveries.id, beforeId),
        ),
      )
      .orderBy(desc(deliveries.id))
      .limit(limit)
      .all();
  }

  /** Every delivery, oldest first, pending ones included. */
  all(): Delivery[] {
    return this.db.select().from(deliveries).orderBy(asc(deliveries.id)).all();
  }

  /** Forgets every delivery. */
  clear(): void {
    this.db.delete(deliveries).run();
  }
}
