import { z } from 'zod';
import { commandOutcomeSchema } from './envelope.ts';
import { apiErrorSchema } from './errors.ts';
import {
  appSnapshotSchema,
  changeSchema,
  organizationSnapshotSchema,
  sandboxSnapshotSchema,
  sessionSnapshotSchema,
  taskSnapshotSchema,
  topicSchema,
  userSnapshotSchema,
} from './topics.ts';

/** Bumped with every change of a schema that travels over the socket; the gateway refuses another version. */
export const realtimeProtocolVersion = 4;

/** Browser → gateway, over `/api/v1/realtime?protocol=4`. */
export const clientFrameSchema = z.discriminatedUnion('type', [
  /**
   * `sinceVersion`: what the browser already has; the answer is the missed changes if they are still kept, else a
   * snapshot. `visibility`: of the snapshot that it has; while it was away, what the person may see may have changed.
   */
  z.object({
    type: z.literal('subscribe'),
    topic: topicSchema,
    sinceVersion: z.number().int().optional(),
    visibility: z.string().max(64).optional(),
  }),
  z.object({ type: z.literal('unsubscribe'), topic: topicSchema }),
  z.object({ type: z.literal('ping'), id: z.number() }),
]);
export type ClientFrame = z.infer<typeof clientFrameSchema>;

/** The snapshot's type follows from the topic's kind; parse it with `snapshotSchemas[topic.kind]`. */
export const snapshotSchemas = {
  app: appSnapshotSchema,
  user: userSnapshotSchema,
  organization: organizationSnapshotSchema,
  task: taskSnapshotSchema,
  session: sessionSnapshotSchema,
  sandbox: sandboxSnapshotSchema,
} as const;

/** Gateway → browser. */
export const serverFrameSchema = z.discriminatedUnion('type', [
  /** `visibility` stands for what this person may see of the topic; there is none where everybody sees the same. */
  z.object({
    type: z.literal('snapshot'),
    topic: topicSchema,
    snapshot: z.unknown(),
    visibility: z.string().optional(),
  }),
  /**
   * What happened since the browser had `sinceVersion`. Versions in between that are missing concern what this person
   * does not see; a browser that has another version than `sinceVersion` missed something.
   */
  z.object({
    type: z.literal('changes'),
    topic: topicSchema,
    sinceVersion: z.number().int(),
    changes: z.array(changeSchema),
  }),
  /** Every few seconds, so that a change committed but never broadcast is noticed: a browser behind `version` subscribes anew. */
  z.object({ type: z.literal('heartbeat'), topic: topicSchema, version: z.number().int() }),
  z.object({ type: z.literal('outcome'), outcome: commandOutcomeSchema }),
  /** The subscription does not exist (any more): no access, not found, gone. */
  z.object({ type: z.literal('topicError'), topic: topicSchema, error: apiErrorSchema.shape.error }),
  z.object({ type: z.literal('pong'), id: z.number() }),
]);
export type ServerFrame = z.infer<typeof serverFrameSchema>;

/** WebSocket close codes of ours. */
export const closeCodes = {
  badFrame: 4400,
  signedOut: 4401,
  /** The same person opened more tabs than are kept up to date at once; this was the oldest. */
  displaced: 4409,
  tooSlow: 4413,
  protocolVersion: 4426,
} as const;
