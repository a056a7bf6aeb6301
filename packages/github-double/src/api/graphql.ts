import { Hono } from 'hono';
import { z } from 'zod';
import { appAllows, atLeast, viewerPermission } from '../domain/access.ts';
import { setDraft } from '../domain/pulls.ts';
import type { Double } from '../double.ts';
import { nodeId, nodeNumber } from '../shapes/ids.ts';
import { actor, jsonBody } from './context.ts';
import type { ApiEnv } from './context.ts';

const graphqlInput = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).default({}),
});

const mutations = { markPullRequestReadyForReview: false, convertPullRequestToDraft: true } as const;

function isMutation(name: string | undefined): name is keyof typeof mutations {
  return name !== undefined && Object.hasOwn(mutations, name);
}

/** The pull request named in the mutation's input: a literal, `$id`, or a whole `$input`. */
function pullRequestIdOf(query: string, variables: Record<string, unknown>): string | undefined {
  const literal = /pullRequestId\s*:\s*"([^"]+)"/.exec(query)?.[1];
  if (literal !== undefined) return literal;
  const variable = /pullRequestId\s*:\s*\$(\w+)/.exec(query)?.[1];
  const whole = /\(\s*input\s*:\s*\$(\w+)\s*\)/.exec(query)?.[1];
  const input = z
    .object({ pullRequestId: z.string() })
    .safeParse(whole === undefined ? undefined : variables[whole]);
  if (input.success) return input.data.pullRequestId;
  const value = variable === undefined ? undefined : variables[variable];
  return typeof value === 'string' ? value : undefined;
}

/**
 * The two changes that REST cannot make: a draft becoming ready for review, and back. Any other GraphQL document is
 * answered with an error, as GitHub answers one with unknown fields.
 */
export function graphqlRoutes(double: Double): Hono<ApiEnv> {
  const { store } = double;
  const routes = new Hono<ApiEnv>();

  routes.post('/', async (c) => {
    const { query, variables } = await jsonBody(c, graphqlInput);
    const name = /\b(markPullRequestReadyForReview|convertPullRequestToDraft)\b\s*\(/.exec(query)?.[1];
    if (!isMutation(name)) {
      return c.json({
        errors: [
          {
            type: 'undefinedField',
            message: 'The double answers markPullRequestReadyForReview and convertPullRequestToDraft only',
          },
        ],
      });
    }
    const id = pullRequestIdOf(query, variables);
    const number = id === undefined ? undefined : nodeNumber('PR', id);
    const pull = number === undefined ? undefined : store.pulls.byId(number);
    const repository = pull === undefined ? undefined : store.repositories.byId(pull.repositoryId);
    const viewer = c.get('viewer');
    const permission = repository === undefined ? undefined : viewerPermission(store, viewer, repository);
    const refuse = (type: string, message: string) =>
      c.json({ data: { [name]: null }, errors: [{ type, path: [name], message }] });
    if (pull === undefined || repository === undefined || permission === undefined) {
      return refuse('NOT_FOUND', `Could not resolve to a node with the global id of '${id ?? ''}'`);
    }
    const isAuthor = viewer.kind === 'user' && viewer.user.id === pull.authorId;
    const allowed = isAuthor || atLeast(permission, 'write');
    if (!allowed || !appAllows(viewer, 'pull_requests', 'write')) {
      return refuse('FORBIDDEN', 'Resource not accessible by integration');
    }
    if (pull.state === 'closed') return refuse('UNPROCESSABLE', 'Pull request is closed');
    const updated = setDraft(double, repository, pull, actor(double, c), mutations[name]);
    return c.json({
      data: {
        [name]: {
          clientMutationId: null,
          pullRequest: {
            id: nodeId('PR', updated.id),
            number: updated.number,
            isDraft: updated.draft,
            state: 'OPEN',
          },
        },
      },
    });
  });

  return routes;
}
