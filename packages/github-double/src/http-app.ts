import { Hono } from 'hono';
import { appRoutes } from './api/apps.ts';
import { commitRoutes } from './api/commits.ts';
import type { ApiEnv } from './api/context.ts';
import { deliveryRoutes } from './api/deliveries.ts';
import { gitRefRoutes } from './api/git-refs.ts';
import { graphqlRoutes } from './api/graphql.ts';
import { answerError, apiReply, faults } from './api/middleware.ts';
import { miscRoutes } from './api/misc.ts';
import { organizationRoutes } from './api/organizations.ts';
import { pullRoutes } from './api/pulls.ts';
import { repositoryRoutes } from './api/repositories.ts';
import { reviewRoutes } from './api/reviews.ts';
import { userRoutes } from './api/users.ts';
import { controlRoutes } from './control/routes.ts';
import type { Double } from './double.ts';
import { oauthRoutes } from './oauth/routes.ts';
import { gitHttpRoutes } from './web/git-http.ts';
import { webRoutes } from './web/routes.ts';

/** Everything the double answers, in one place. */
export function createHttpApp(double: Double): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  app.onError((error, c) => answerError(double, error, c));
  app.use('*', async (c, next) =>
    // The port must be known before the first address is written, so the server listens before it is ready.
    double.ready ? next() : c.json({ message: 'The double is starting' }, 503, { 'retry-after': '1' }),
  );
  app.use('*', faults(double));

  const rest = new Hono<ApiEnv>();
  rest.onError((error, c) => answerError(double, error, c));
  rest.use('*', apiReply(double));
  for (const routes of [
    appRoutes(double),
    deliveryRoutes(double),
    userRoutes(double),
    organizationRoutes(double),
    repositoryRoutes(double),
    gitRefRoutes(double),
    commitRoutes(double),
    pullRoutes(double),
    reviewRoutes(double),
    miscRoutes(double),
  ]) {
    rest.route('/', routes);
  }
  app.route('/api/v3', rest);

  const graphql = new Hono<ApiEnv>();
  graphql.onError((error, c) => answerError(double, error, c));
  graphql.use('*', apiReply(double));
  graphql.route('/', graphqlRoutes(double));
  app.route('/api/graphql', graphql);

  app.route('/_double', controlRoutes(double));
  app.route('/', oauthRoutes(double));
  app.route('/', gitHttpRoutes(double));
  app.route('/', webRoutes(double));
  return app;
}
