import { taskStateSchema } from '@foundry/shared/entities';
import { commandOutcomeSchema } from '@foundry/shared/envelope';
import type { CommandId, MessageId, OrganizationId, SessionId, TaskId } from '@foundry/shared/ids';
import type {
  CreateTaskRequest,
  createSessionRequestSchema,
  publishRequestSchema,
  SetDraftRequest,
  SetTaskStateRequest,
} from '@foundry/shared/requests';
import { setDraftAnswerSchema } from '@foundry/shared/requests';
import {
  organizationSnapshotSchema,
  sessionSnapshotSchema,
  taskSnapshotSchema,
  userSnapshotSchema,
} from '@foundry/shared/topics';
import { z } from 'zod';
import {
  acceptedMessageSchema,
  acceptedSchema,
  auditPageSchema,
  configSchema,
  createdSessionSchema,
  createdTaskSchema,
  diffSchema,
  organizationsSchema,
  signInSchema,
  tasksPageSchema,
  transcriptPageSchema,
} from './api-schemas.ts';
import { Http } from './http.ts';
import type { HttpOptions } from './http.ts';
import { randomId } from './random-id.ts';

export interface TaskAddress {
  organizationId: OrganizationId;
  taskId: TaskId;
}
export interface SessionAddress extends TaskAddress {
  sessionId: SessionId;
}
/** Which actor keeps a command's outcome. */
export interface OutcomeAddress {
  organizationId: OrganizationId;
  actor: 'organization' | 'task' | 'session';
  id: string;
}

const v1 = '/api/v1';
const organizationPath = (id: OrganizationId) => `${v1}/organizations/${encodeURIComponent(id)}`;
const taskPath = (at: TaskAddress) =>
  `${organizationPath(at.organizationId)}/tasks/${encodeURIComponent(at.taskId)}`;
const sessionPath = (at: SessionAddress) => `${taskPath(at)}/sessions/${encodeURIComponent(at.sessionId)}`;

function query(parameters: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

/** Every request of the gateway, parsed. Each throws ApiError. Commands carry an id of their own, so a repeat by the network is harmless. */
export function createApi(options: HttpOptions) {
  const http = new Http(options);
  const command = (
    path: string,
    body: Record<string, unknown> = {},
    method: 'POST' | 'PUT' | 'PATCH' = 'POST',
  ) => http.request(path, { method, body: { commandId: randomId(), ...body }, schema: acceptedSchema });

  return {
    config: (signal?: AbortSignal) => http.request(`${v1}/config`, { schema: configSchema, signal }),
    me: (signal?: AbortSignal) => http.request(`${v1}/me`, { schema: userSnapshotSchema, signal }),
    refreshAccess: () => command(`${v1}/me/refresh-access`),
    setTaskState: (at: TaskAddress, change: SetTaskStateRequest) =>
      http.request(
        `${v1}/me/task-states/${encodeURIComponent(at.organizationId)}/${encodeURIComponent(at.taskId)}`,
        {
          method: 'PUT',
          body: change,
          schema: taskStateSchema,
        },
      ),
    setDraft: (at: TaskAddress, draft: SetDraftRequest) =>
      http.request(
        `${v1}/me/drafts/${encodeURIComponent(at.organizationId)}/${encodeURIComponent(at.taskId)}`,
        { method: 'PUT', body: draft, schema: setDraftAnswerSchema },
      ),
    setDefaultModel: (modelId: string | null) =>
      http.request(`${v1}/me/default-model`, { method: 'PUT', body: { modelId }, schema: z.unknown() }),

    /** Where the browser must go to sign in. */
    signIn: (callbackURL: string, errorCallbackURL: string) =>
      http.request('/api/auth/sign-in/social', {
        method: 'POST',
        body: { provider: 'github', callbackURL, errorCallbackURL },
        schema: signInSchema,
      }),
    signOut: () => http.request('/api/auth/sign-out', { method: 'POST', body: {}, schema: z.unknown() }),

    organizations: (signal?: AbortSignal) =>
      http.request(`${v1}/organizations`, { schema: organizationsSchema, signal }),
    organization: (id: OrganizationId, signal?: AbortSignal) =>
      http.request(organizationPath(id), { schema: organizationSnapshotSchema, signal }),
    tasks: (id: OrganizationId, page: { cursor?: string; limit?: number }, signal?: AbortSignal) =>
      http.request(`${organizationPath(id)}/tasks${query(page)}`, { schema: tasksPageSchema, signal }),
    sync: (id: OrganizationId) => command(`${organizationPath(id)}/sync`),
    createTask: (id: OrganizationId, request: CreateTaskRequest) =>
      http.request(`${organizationPath(id)}/tasks`, {
        method: 'POST',
        body: request,
        schema: createdTaskSchema,
      }),
    audit: (id: OrganizationId, page: { cursor?: string; limit?: number }, signal?: AbortSignal) =>
      http.request(`${organizationPath(id)}/audit${query(page)}`, { schema: auditPageSchema, signal }),
    clearRuntimeIssue: (id: OrganizationId, issueId: string) =>
      http.request(`${organizationPath(id)}/runtime-issues/${encodeURIComponent(issueId)}`, {
        method: 'DELETE',
        schema: acceptedSchema,
      }),
    outcome: (commandId: CommandId, at: OutcomeAddress, signal?: AbortSignal) =>
      http.request(
        `${organizationPath(at.organizationId)}/commands/${encodeURIComponent(commandId)}${query({ actor: at.actor, id: at.id })}`,
        { schema: commandOutcomeSchema, signal },
      ),

    openTask: (at: TaskAddress) =>
      http.request(`${taskPath(at)}/open`, { method: 'POST', body: {}, schema: taskSnapshotSchema }),
    provision: (at: TaskAddress) => command(`${taskPath(at)}/provision`),
    refreshTask: (at: TaskAddress) => command(`${taskPath(at)}/refresh`),
    diff: (at: TaskAddress, path: string | undefined, signal?: AbortSignal) =>
      http.request(`${taskPath(at)}/diff${query({ path })}`, { schema: diffSchema, signal }),
    publish: (at: TaskAddress, request: z.input<typeof publishRequestSchema>) =>
      command(`${taskPath(at)}/publish`, request),
    pullBranch: (at: TaskAddress, discard: boolean) => command(`${taskPath(at)}/pull`, { discard }),
    takeOver: (at: TaskAddress) => command(`${taskPath(at)}/owner`),
    createSession: (at: TaskAddress, request: z.input<typeof createSessionRequestSchema>) =>
      http.request(`${taskPath(at)}/sessions`, {
        method: 'POST',
        body: request,
        schema: createdSessionSchema,
      }),

    session: (at: SessionAddress, signal?: AbortSignal) =>
      http.request(sessionPath(at), { schema: sessionSnapshotSchema, signal }),
    transcript: (at: SessionAddress, page: { before: number; limit?: number }, signal?: AbortSignal) =>
      http.request(`${sessionPath(at)}/transcript${query(page)}`, { schema: transcriptPageSchema, signal }),
    sendMessage: (at: SessionAddress, message: { messageId: MessageId; text: string }) =>
      http.request(`${sessionPath(at)}/messages`, {
        method: 'POST',
        body: message,
        schema: acceptedMessageSchema,
      }),
    editMessage: (at: SessionAddress, messageId: MessageId, text: string) =>
      command(`${sessionPath(at)}/messages/${encodeURIComponent(messageId)}`, { text }, 'PATCH'),
    withdrawMessage: (at: SessionAddress, messageId: MessageId) =>
      http.request(`${sessionPath(at)}/messages/${encodeURIComponent(messageId)}`, {
        method: 'DELETE',
        schema: acceptedSchema,
      }),
    retryMessage: (at: SessionAddress, messageId: MessageId) =>
      command(`${sessionPath(at)}/messages/${encodeURIComponent(messageId)}/retry`),
    stop: (at: SessionAddress, turn: { messageId: MessageId; attempt: number }) =>
      command(`${sessionPath(at)}/stop`, turn),
    answerPermission: (
      at: SessionAddress,
      asked: { sequence: number; messageId: MessageId },
      optionId: string,
    ) =>
      command(`${sessionPath(at)}/permissions/${asked.sequence}`, { messageId: asked.messageId, optionId }),
    setModel: (at: SessionAddress, modelId: string) =>
      command(`${sessionPath(at)}/model`, { modelId }, 'PUT'),
  };
}
export type Api = ReturnType<typeof createApi>;
