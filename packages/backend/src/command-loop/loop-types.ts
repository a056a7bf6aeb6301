import { envelopeSchema, type CommandFailure, type CommandOutcome } from '@foundry/shared/envelope';
import type { ActionContext, queue } from 'rivetkit';
import type { workflow, WorkflowContext, WorkflowStepContext } from 'rivetkit/workflow';
import { z } from 'zod';
import type { Catalog } from './catalog.ts';
import type { CommandMessage } from './connections.ts';
import type { ActorDatabaseProvider } from './database.ts';
import type { StepAnswer } from './execute.ts';
import type { CommandHandler } from './handlers.ts';

/** One actor's loop: its name in the registry, its commands and what they do. */
export interface LoopDefinition {
  readonly kind: string;
  readonly catalog: Catalog;
  readonly handlers: { readonly [commandName: string]: CommandHandler<never> };
}

export const bulkQueue = 'commands';
export const messageSchema = z.object({ name: z.string(), body: z.unknown(), envelope: envelopeSchema });
export const queuedSchema = z.object({ messages: z.array(messageSchema) });

/** What an actor remembers only while it is awake. */
export interface LoopVars {
  watchdogArmed: boolean;
  lastActivityMs: number;
}

type Queued = ReturnType<typeof queue<{ messages: CommandMessage[] }, CommandOutcome | null>>;
export type LoopQueues = Record<string, Queued>;
export type NoEvents = Record<never, never>;
/** Context of an action of an actor that runs a command loop. */
export type LoopActionContext = ActionContext<
  undefined,
  undefined,
  undefined,
  LoopVars,
  undefined,
  ActorDatabaseProvider,
  NoEvents,
  LoopQueues
>;
export type LoopWorkflow = WorkflowContext<
  undefined,
  undefined,
  undefined,
  LoopVars,
  undefined,
  ActorDatabaseProvider,
  NoEvents,
  LoopQueues
>;
export type LoopStep = WorkflowStepContext<
  undefined,
  undefined,
  undefined,
  LoopVars,
  undefined,
  ActorDatabaseProvider,
  NoEvents,
  LoopQueues
>;
export type LoopRun = Parameters<
  ReturnType<
    typeof workflow<
      undefined,
      undefined,
      undefined,
      LoopVars,
      undefined,
      ActorDatabaseProvider,
      NoEvents,
      LoopQueues
    >
  >
>[0];

/** What a step tells the orchestration; it is written to the workflow's history. */
export type StepReport =
  | { type: 'applied'; answers: StepAnswer[]; outboxAtMs: number | null }
  | { type: 'refused'; failure: CommandFailure }
  | { type: 'later'; atMs: number };
