import { generateKeyPair, randomBytes, randomInt } from 'node:crypto';
import { promisify } from 'node:util';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { html } from 'hono/html';
import { z } from 'zod';
import type { ApiEnv } from '../api/context.ts';
import { GitHubError, notFound } from '../domain/errors.ts';
import type { Double } from '../double.ts';
import { isoSeconds, now } from '../double.ts';
import { formText, page } from './page.ts';

const codeLifetimeMs = 3_600_000;
const generate = promisify(generateKeyPair);

const manifestSchema = z.object({
  name: z.string().optional(),
  url: z.url(),
  hook_attributes: z.object({ url: z.url(), active: z.boolean().optional() }).optional(),
  redirect_url: z.url().optional(),
  callback_urls: z.array(z.url()).max(10).default([]),
  setup_url: z.url().optional(),
  public: z.boolean().optional(),
  default_events: z.array(z.string()).default([]),
  default_permissions: z.record(z.string(), z.string()).default({}),
});

/** Making an app from a manifest: the form GitHub takes, a page to confirm it, the redirect with the one-time code. */
export function manifestRoutes(double: Double): Hono<ApiEnv> {
  const { store } = double;
  const routes = new Hono<ApiEnv>();

  const parseManifest = (text: string) => {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw new GitHubError(422, 'The field `manifest` must hold a JSON document.');
    }
    const manifest = manifestSchema.safeParse(json);
    if (!manifest.success) throw new GitHubError(422, z.prettifyError(manifest.error));
    return manifest.data;
  };

  const confirm = async (c: Context<ApiEnv>) => {
    const form = await c.req.parseBody();
    const text = formText(form['manifest']);
    const manifest = parseManifest(text);
    const owner = c.req.param('org') ?? '';
    return c.html(
      page(
        'Create GitHub App',
        html`<main>
          <h1>Create GitHub App</h1>
          <p>${owner === '' ? 'For your personal account' : `For the organization ${owner}`}</p>
          <form method="post" action="/settings/apps/create">
            <input type="hidden" name="manifest" value="${text}" />
            <input type="hidden" name="state" value="${c.req.query('state') ?? ''}" />
            <input type="hidden" name="owner" value="${owner}" />
            <label>Name <input name="name" value="${manifest.name ?? ''}" required /></label>
            <p></p>
            <button class="button" type="submit">Create GitHub App</button>
          </form>
        </main>`,
      ),
    );
  };

  routes.post('/settings/apps/new', confirm);
  routes.post('/organizations/:org/settings/apps/new', confirm);

  routes.post('/settings/apps/create', async (c) => {
    const form = await c.req.parseBody();
    const manifest = parseManifest(formText(form['manifest']));
    const ownerLogin = formText(form['owner']);
    const owner = ownerLogin === '' ? store.accounts.users()[0] : store.accounts.byLogin(ownerLogin);
    if (owner === undefined) throw notFound();
    const name = formText(form['name']) || manifest.name || 'app';
    const slug = name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '');
    if (slug === '' || store.apps.bySlug(slug) !== undefined) {
      throw new GitHubError(422, 'Name is already taken');
    }
    const keys = await generate('rsa', {
      modulusLength: 2_048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    const code = randomBytes(20).toString('hex');
    store.transaction(() => {
      const id = randomInt(100_000, 9_999_999);
      store.apps.upsert({
        id,
        slug,
        name,
        ownerId: owner.id,
        clientId: `Iv23li${randomBytes(7).toString('hex')}`,
        clientSecret: randomBytes(20).toString('hex'),
        publicKeyPem: keys.publicKey,
        webhookUrl: manifest.hook_attributes?.url ?? null,
        webhookSecret: randomBytes(20).toString('hex'),
        setupUrl: manifest.setup_url ?? null,
        callbackUrls: manifest.callback_urls,
        permissions: { metadata: 'read', ...manifest.default_permissions },
        events: manifest.default_events,
        createdAt: now(),
      });
      store.accounts.insert({
        id: 90_000_000 + id,
        login: `${slug}[bot]`,
        type: 'Bot',
        name: `${slug}[bot]`,
        email: `${slug}[bot]@users.noreply.example.com`,
        createdAt: now(),
      });
      store.apps.insertManifestCode({
        code,
        appId: id,
        privateKeyPem: keys.privateKey,
        expiresAt: isoSeconds(Date.now() + codeLifetimeMs),
      });
    });
    const target = new URL(manifest.redirect_url ?? manifest.url);
    target.searchParams.set('code', code);
    const state = formText(form['state']);
    if (state !== '') target.searchParams.set('state', state);
    return c.redirect(target.toString(), 303);
  });

  return routes;
}
