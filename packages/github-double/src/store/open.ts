import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { AccountStore } from './accounts.ts';
import { AppStore } from './apps.ts';
import { CheckStore } from './checks.ts';
import { DeliveryStore } from './deliveries.ts';
import { PullStore } from './pulls.ts';
import { RepositoryStore } from './repositories.ts';
import { meta } from './schema.ts';
import { TokenStore } from './tokens.ts';

export type Database = BetterSQLite3Database;

/** Everything the double keeps, apart from the git repositories themselves. */
export interface Store {
  accounts: AccountStore;
  repositories: RepositoryStore;
  pulls: PullStore;
  checks: CheckStore;
  apps: AppStore;
  tokens: TokenStore;
  deliveries: DeliveryStore;
  /** Name of the seed this data began with, or undefined when nothing was seeded yet. */
  seedName(): string | undefined;
  markSeeded(seed: string, createdAt: string): void;
  /** Runs `work` in one transaction: a change and the webhooks that tell of it are written together. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** Opens (or creates) `DIR/double.sqlite` and brings its schema up to date. */
export function openStore(dataDir: string): Store {
  mkdirSync(dataDir, { recursive: true });
  const sqlite = new Sqlite(join(dataDir, 'double.sqlite'));
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('synchronous = NORMAL');
  const db: Database = drizzle({ client: sqlite });
  migrate(db, { migrationsFolder: join(import.meta.dirname, 'migrations') });
  return {
    accounts: new AccountStore(db),
    repositories: new RepositoryStore(db),
    pulls: new PullStore(db),
    checks: new CheckStore(db),
    apps: new AppStore(db),
    tokens: new TokenStore(db),
    deliveries: new DeliveryStore(db),
    seedName: () => db.select().from(meta).get()?.seed,
    markSeeded: (seed, createdAt) => {
      db.insert(meta).values({ id: 1, seed, createdAt }).run();
    },
    transaction: (work) => sqlite.transaction(work)(),
    close: () => {
      sqlite.close();
    },
  };
}
