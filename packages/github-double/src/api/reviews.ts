import { Hono } from 'hono';
import { z } from 'zod';
import { validationFailed } from '../domain/errors.ts';
import { addComment, requestReviewers, submitReview } from '../domain/reviews.ts';
import type { Double } from '../double.ts';
import { simpleUser } from '../shapes/account.ts';
import { commentShape, pullShape, reviewShape } from '../shapes/pull.ts';
import { actor, jsonBody, pullFor, repositoryFor } from './context.ts';
import type { ApiEnv } from './context.ts';
import { paginate } from './pagination.ts';

const reviewInput = z.object({
  commit_id: z.string().optional(),
  body: z.string().default(''),
  event: z.enum(['APPROVE', 'REQUEST_CHANGES', 'COMMENT']),
});
const reviewStates = {
  APPROVE: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
} as const;
const reviewersInput = z.object({ reviewers: z.array(z.string()).default([]) });
const commentInput = z.object({ body: z.string().min(1) });

/** What people say about a pull request: reviews, review requests, comments. */
export function reviewRoutes(double: Double): Hono<ApiEnv> {
  const { store, urls } = double;
  const routes = new Hono<ApiEnv>();

  routes.get('/repos/:owner/:repo/pulls/:number{[0-9]+}/reviews', (c) => {
    const repository = repositoryFor(double, c, 'pull_requests', 'read');
    const pull = pullFor(double, c, repository);
    return c.json(
      paginate(double, c, store.pulls.reviews(pull.id)).map((review) =>
        reviewShape(double, repository, pull, review),
      ),
    );
  });

  routes.post('/repos/:owner/:repo/pulls/:number{[0-9]+}/reviews', async (c) => {
    const repository = repositoryFor(double, c, 'pull_requests', 'write', 'read');
    const pull = pullFor(double, c, repository);
    const input = await jsonBody(c, reviewInput);
    if (input.event !== 'APPROVE' && input.body === '') {
      throw validationFailed({ resource: 'PullRequestReview', field: 'body', code: 'missing_field' });
    }
    const review = submitReview(double, repository, pull, actor(double, c), {
      state: reviewStates[input.event],
      body: input.body,
      commitId: input.commit_id,
    });
    return c.json(reviewShape(double, repository, pull, review));
  });

  routes.get('/repos/:owner/:repo/pulls/:number{[0-9]+}/comments', (c) => {
    const repository = repositoryFor(double, c, 'pull_requests', 'read');
    pullFor(double, c, repository);
    return c.json([]);
  });

  routes.get('/repos/:owner/:repo/pulls/:number{[0-9]+}/requested_reviewers', (c) => {
    const repository = repositoryFor(double, c, 'pull_requests', 'read');
    const pull = pullFor(double, c, repository);
    const users = store.pulls.requestedReviewers(pull.id);
    return c.json({ users: users.map((user) => simpleUser(urls, user)), teams: [] });
  });

  for (const method of ['POST', 'DELETE'] as const) {
    routes.on(method, '/repos/:owner/:repo/pulls/:number{[0-9]+}/requested_reviewers', async (c) => {
      const repository = repositoryFor(double, c, 'pull_requests', 'write');
      const pull = pullFor(double, c, repository);
      const { reviewers } = await jsonBody(c, reviewersInput);
      const users = reviewers.map((login) => {
        const user = store.accounts.byLogin(login);
        if (user !== undefined) return user;
        throw validationFailed({
          resource: 'PullRequest',
          field: 'reviewers',
          code: 'invalid',
          message: `Could not resolve to a node with the login of '${login}'.`,
        });
      });
      const updated = requestReviewers(
        double,
        repository,
        pull,
        users,
        method === 'POST' ? 'request' : 'withdraw',
        actor(double, c),
      );
      return c.json(pullShape(double, repository, updated), method === 'POST' ? 201 : 200);
    });
  }

  routes.get('/repos/:owner/:repo/issues/:number{[0-9]+}/comments', (c) => {
    const repository = repositoryFor(double, c, 'pull_requests', 'read');
    const pull = pullFor(double, c, repository);
    return c.json(
      paginate(double, c, store.pulls.comments(pull.id)).map((comment) =>
        commentShape(double, repository, pull, comment),
      ),
    );
  });

  routes.post('/repos/:owner/:repo/issues/:number{[0-9]+}/comments', async (c) => {
    const repository = repositoryFor(double, c, 'pull_requests', 'write', 'read');
    const pull = pullFor(double, c, repository);
    const { body } = await jsonBody(c, commentInput);
    const comment = addComment(double, pull, actor(double, c), body);
    return c.json(commentShape(double, repository, pull, comment), 201);
  });

  return routes;
}
