import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import type { GatewayContext } from '../../env.ts';

/** Paths that are never pages of the web app. */
const serverPaths = /^\/(api|webhooks|healthz|readyz)(\/|$)/;
/** Vite puts a hash of the content into the names of everything below this. */
const hashedAssets = '/assets/';

/**
 * Serves the built web app: its files, and its one page for every other address, because the app itself routes.
 * @returns null when the request is not for the web app; then it is a 404.
 */
export function createStaticApp(dir: string): (c: GatewayContext) => Promise<Response | null> {
  const serveFile = existsSync(dir) ? serveStatic({ root: dir }) : null;
  const servePage = existsSync(dir) ? serveStatic({ path: join(dir, 'index.html') }) : null;
  const nothing = (): Promise<void> => Promise.resolve();

  return async (c) => {
    const { path, method } = c.req;
    if ((method !== 'GET' && method !== 'HEAD') || serverPaths.test(path)) return null;
    if (serveFile === null || servePage === null) {
      return path === '/'
        ? c.text('The web app is not built. Build it with: pnpm --filter frontend build', 503)
        : null;
    }
    const isHashed = path.startsWith(hashedAssets);
    const file = path === '/' ? undefined : await serveFile(c, nothing);
    if (file instanceof Response) {
      file.headers.set('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      return file;
    }
    // A missing file is a 404: answered with the page, a browser would take it for a script. Somebody who opens such an
    // address gets the page all the same, which says that there is nothing.
    const looksLikeFile = isHashed || /\.[a-z\d]{1,8}$/i.test(path);
    const isOpened = !isHashed && (c.req.header('accept') ?? '').includes('text/html');
    const page = !looksLikeFile || isOpened ? await servePage(c, nothing) : undefined;
    if (!(page instanceof Response)) return c.text('There is no such file.', 404);
    page.headers.set('cache-control', 'no-cache');
    return looksLikeFile ? new Response(page.body, { status: 404, headers: page.headers }) : page;
  };
}
