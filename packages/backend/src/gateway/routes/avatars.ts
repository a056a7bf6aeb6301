import { z } from 'zod';
import { gitHubLimits } from '../../limits.ts';
import { notFound } from '../errors.ts';
import { gatewayRoute, routeGroup } from '../route.ts';

const avatarQuery = z.object({ url: z.url().max(2_000) });
const pictureSchema = z.string().openapi({ format: 'binary' });

/** The pictures of people and organizations, so that browsers need not ask GitHub for them. */
export const avatarRoutes = routeGroup().openapi(
  gatewayRoute('signedIn', {
    method: 'get',
    path: '/api/v1/avatars',
    description: 'A picture of GitHub by its address there.',
    request: { query: avatarQuery },
    responses: { 200: { description: 'The picture.', content: { 'image/*': { schema: pictureSchema } } } },
  }),
  async (c) => {
    const avatar = await c.get('gateway').avatars.read(c.req.valid('query').url);
    if (avatar === null) throw notFound('picture');
    return c.body(avatar.bytes, 200, {
      'content-type': avatar.type,
      'cache-control': `private, max-age=${gitHubLimits.avatarRetentionMs / 1_000}`,
      // Opened by itself it is a file and no page.
      'content-disposition': 'attachment',
    });
  },
);
