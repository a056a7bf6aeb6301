import type { Person } from '@foundry/shared/entities';
import type { ActingParty } from '@foundry/shared/envelope';
import { sql } from 'drizzle-orm';
import { check, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { SandboxJob } from '../commands.ts';

export * from '../../../command-loop/tables.ts';

export const sandbox = sqliteTable(
  'sandbox',
  {
    id: integer('id').primaryKey(),
    providerId: text('provider_id').notNull(),
    sandboxId: text('sandbox_id').notNull(),
    taskId: text('task_id').notNull(),
    repositoryId: text('repository_id').notNull(),
    repositoryFullName: text('repository_full_name').notNull(),
    branch: text('branch').notNull(),
    baseBranch: text('base_branch').notNull(),
    /** Whose token clones. */
    person: text('person_json', { mode: 'json' }).$type<Person>().notNull(),
    state: text('state', {
      enum: ['creating', 'running', 'paused', 'stopped', 'lost', 'failed', 'destroyed'],
    }).notNull(),
    phase: text('phase', {
      enum: ['creating_sandbox', 'starting_sandbox_agent', 'cloning', 'starting_agent'],
    }).notNull(),
    message: text('message'),
    /** Counts the tries to make the workspace: what an earlier one still reports is ignored. */
    attempt: integer('attempt').notNull(),
    /** When making the sandbox counts as failed. */
    deadlineMs: integer('deadline_ms').notNull(),
    checkoutPath: text('checkout_path'),
    createdAtMs: integer('created_at_ms').notNull(),
  },
  (table) => [check('sandbox_singleton', sql`${table.id} = 1`)],
);

/** Work beside the loop that has not reported its end yet. */
export const jobs = sqliteTable('jobs', {
  sequence: integer('sequence').primaryKey({ autoIncrement: true }),
  jobId: text('job_id').notNull().unique(),
  job: text('job_json', { mode: 'json' }).$type<SandboxJob>().notNull(),
  attempt: integer('attempt').notNull(),
  by: text('by_json', { mode: 'json' }).$type<ActingParty>().notNull(),
});
