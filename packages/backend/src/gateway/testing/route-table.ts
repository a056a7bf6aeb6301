import { apiErrorSchema } from '@foundry/shared/errors';
import { ids } from './sample-data.ts';
import { publicUrl, type Role } from './world.ts';

/* The routes of the gateway as its tests see them: what each answers to whom, and a request for it. */

type Expected = Readonly<Record<Role, number>>;
const everybody = (status: number): Expected => ({
  anonymous: status,
  stranger: status,
  member: status,
  reader: status,
  triager: status,
  insider: status,
  maintainer: status,
  administrator: status,
});
const people = (status: number): Expected => ({ ...everybody(status), anonymous: 401 });
const members = (status: number): Expected => ({ ...people(status), stranger: 404 });
/** For routes about the hidden repository: who does not see it may not know that it exists. */
const insiders = (status: number): Expected => ({ ...people(status), stranger: 404, member: 404 });
/** The same for what changes something: those who may only read or triage watch. */
const writers = (status: number): Expected => ({ ...insiders(status), reader: 403, triager: 403 });
/** Of the whole organization, by what one may do in any of its repositories; the member writes in the open one. */
const organizationWriters = (status: number): Expected => ({ ...members(status), reader: 403, triager: 403 });
const organizationMaintainers = (status: number): Expected => ({
  ...organizationWriters(status),
  member: 403,
  insider: 403,
});

const message = () => ({ messageId: `m-${Math.random().toString(36).slice(2)}-x`, text: 'hello' });
export const organizationRoute = '/api/v1/organizations/:organizationId';
export const taskRoute = `${organizationRoute}/tasks/:taskId`;
export const sessionRoute = `${taskRoute}/sessions/:sessionId`;

interface Row {
  /** The status for each role, asked about the hidden repository where there is a choice. */
  readonly expected: Expected;
  readonly body?: () => unknown;
  readonly query?: string;
  readonly headers?: Record<string, string>;
}
const asBrowser = { origin: publicUrl };

/** Every route of the gateway: `METHOD /path`. */
export const routeRows: Readonly<Record<string, Row>> = {
  'GET /healthz': { expected: everybody(200) },
  'GET /readyz': { expected: everybody(200) },
  'GET /api/v1/config': { expected: everybody(200) },
  'GET /api/v1/openapi.json': { expected: everybody(200) },
  'GET /api/v1/realtime': { expected: people(426) },
  'POST /webhooks/github': { expected: everybody(401), body: () => ({}) },
  'POST /api/auth/sign-in/social': {
    expected: everybody(200),
    body: () => ({ provider: 'github', callbackURL: '/' }),
    headers: asBrowser,
  },
  'GET /api/auth/callback/github': { expected: everybody(302) },
  'POST /api/auth/sign-out': { expected: everybody(200), body: () => ({}), headers: asBrowser },
  'GET /api/v1/avatars': { expected: people(404), query: '?url=https%3A%2F%2Felsewhere.test%2Fa.png' },
  'GET /api/v1/me': { expected: people(200) },
  'POST /api/v1/me/refresh-access': { expected: people(202) },
  'PUT /api/v1/me/task-states/:organizationId/:taskId': {
    expected: insiders(200),
    body: () => ({ lastReadVersion: 1 }),
  },
  'PUT /api/v1/me/drafts/:organizationId/:taskId': {
    expected: insiders(200),
    body: () => ({ sessionId: null, text: 'x', basedOnMs: null, writer: 'page-1' }),
  },
  'PUT /api/v1/me/default-model': { expected: people(202), body: () => ({ modelId: null }) },
  'GET /api/v1/organizations': { expected: people(200) },
  [`GET ${organizationRoute}`]: { expected: members(200) },
  [`GET ${organizationRoute}/tasks`]: { expected: members(200) },
  [`POST ${organizationRoute}/sync`]: { expected: organizationWriters(202) },
  [`POST ${organizationRoute}/tasks`]: {
    expected: writers(201),
    body: () => ({ repositoryId: ids.hidden, title: `Task ${Math.random()}` }),
  },
  [`GET ${organizationRoute}/audit`]: { expected: members(200) },
  [`DELETE ${organizationRoute}/runtime-issues/:issueId`]: { expected: organizationMaintainers(404) },
  [`GET ${organizationRoute}/commands/:commandId`]: { expected: members(404), query: '?actor=organization' },
  [`POST ${taskRoute}/open`]: { expected: insiders(200) },
  [`GET ${taskRoute}`]: { expected: insiders(200) },
  [`POST ${taskRoute}/provision`]: { expected: writers(202) },
  [`POST ${taskRoute}/refresh`]: { expected: writers(202) },
  [`GET ${taskRoute}/diff`]: { expected: insiders(200) },
  [`POST ${taskRoute}/publish`]: { expected: writers(202) },
  [`POST ${taskRoute}/pull`]: { expected: writers(202) },
  [`POST ${taskRoute}/owner`]: { expected: writers(202) },
  [`POST ${taskRoute}/sessions`]: { expected: writers(201), body: () => ({ title: 'Second' }) },
  [`GET ${sessionRoute}`]: { expected: insiders(200) },
  [`GET ${sessionRoute}/transcript`]: { expected: insiders(200) },
  [`POST ${sessionRoute}/messages`]: { expected: writers(202), body: message },
  [`PATCH ${sessionRoute}/messages/:messageId`]: { expected: writers(202), body: () => ({ text: 'other' }) },
  [`DELETE ${sessionRoute}/messages/:messageId`]: { expected: writers(202) },
  [`POST ${sessionRoute}/messages/:messageId/retry`]: { expected: writers(202) },
  [`POST ${sessionRoute}/stop`]: {
    expected: writers(202),
    body: () => ({ messageId: 'message-1', attempt: 1 }),
  },
  [`POST ${sessionRoute}/permissions/:sequence`]: {
    expected: writers(202),
    body: () => ({ messageId: 'message-1', optionId: 'yes' }),
  },
  [`PUT ${sessionRoute}/model`]: { expected: writers(202), body: () => ({ modelId: 'm' }) },
};

/** Values for the parameters of a route: the task of the hidden repository. */
export const hiddenPlace: Readonly<Record<string, string>> = {
  organizationId: ids.organization,
  taskId: ids.hiddenTask,
  sessionId: ids.hiddenSession,
  messageId: 'message-1',
  sequence: '3',
  issueId: 'issue-1',
  commandId: 'command-1',
};

/** The path of a request: the route with its parameters filled in. */
export function fill(path: string, place: Readonly<Record<string, string>> = hiddenPlace): string {
  return path.replace(/:(\w+)/g, (_all, name: string) => place[name] ?? name);
}

/** @param route `METHOD /path` */
export function splitRoute(route: string): { method: string; path: string } {
  const [method = '', path = ''] = route.split(' ');
  return { method, path };
}

/** The error without what differs from request to request. */
export function errorWords(body: unknown): unknown {
  const { error } = apiErrorSchema.parse(body);
  return { code: error.code, message: error.message };
}
