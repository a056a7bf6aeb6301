import { avatarRoutes } from './routes/avatars.ts';
import { configRoutes } from './routes/config.ts';
import { healthRoutes } from './routes/health.ts';
import { meRoutes } from './routes/me.ts';
import { organizationRoutes } from './routes/organizations.ts';
import { outcomeRoutes } from './routes/outcomes.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { taskRoutes } from './routes/tasks.ts';
import { routeGroup } from './route.ts';

/** The JSON routes, chained so that their types add up. */
export const api = routeGroup()
  .route('/', healthRoutes)
  .route('/', configRoutes)
  .route('/', meRoutes)
  .route('/', organizationRoutes)
  .route('/', taskRoutes)
  .route('/', sessionRoutes)
  .route('/', outcomeRoutes)
  .route('/', avatarRoutes);

/** For typed clients: `hc<ApiType>(origin)` of `hono/client`. */
export type ApiType = typeof api;
