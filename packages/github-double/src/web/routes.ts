import { Hono } from 'hono';
import { html } from 'hono/html';
import type { ApiEnv } from '../api/context.ts';
import { userPermission } from '../domain/access.ts';
import { notFound } from '../domain/errors.ts';
import { install } from '../domain/installations.ts';
import type { Double } from '../double.ts';
import { avatarUrl } from '../shapes/account.ts';
import { fullName } from '../shapes/repository.ts';
import { manifestRoutes } from './manifest.ts';
import { avatarSvg, formText, page } from './page.ts';
import { pullPageRoutes } from './pull-page.ts';

/** The few web pages: home, a repository, a pull request, installing the app, making one from a manifest; avatars. */
export function webRoutes(double: Double): Hono<ApiEnv> {
  const { store } = double;
  const routes = new Hono<ApiEnv>();

  routes.get('/', (c) =>
    c.html(
      page(
        'Home',
        html`<main>
          <h1>GitHub double</h1>
          <p>A stand-in for GitHub with made-up people and real git repositories.</p>
          <ul>
            ${store.repositories
              .all()
              .slice(0, 200)
              .map(
                (repository) =>
                  html`<li>
                    <a href="/${fullName(repository)}">${fullName(repository)}</a>
                    ${repository.private ? html`<span class="badge draft">Private</span>` : ''}
                  </li>`,
              )}
          </ul>
        </main>`,
      ),
    ),
  );

  routes.get('/avatars/u/:id{[0-9]+}', (c) => {
    const id = Number(c.req.param('id'));
    const account = store.accounts.byId(id);
    if (account === undefined) return c.notFound();
    return c.body(avatarSvg(id, account.login), 200, {
      'content-type': 'image/svg+xml',
      'cache-control': 'public, max-age=3600',
      'cross-origin-resource-policy': 'cross-origin',
    });
  });

  routes.get('/apps/:slug', (c) => c.redirect(`/apps/${c.req.param('slug')}/installations/new`));

  routes.get('/apps/:slug/installations/new', (c) => {
    const app = store.apps.bySlug(c.req.param('slug'));
    if (app === undefined) throw notFound();
    const users = store.accounts.users().slice(0, 60);
    const accounts = [...store.accounts.organizations(), ...users];
    return c.html(
      page(
        `Install ${app.name}`,
        html`<main>
          <h1>Install ${app.name}</h1>
          <p>Where do you want to install it?</p>
          <form method="post" action="/apps/${app.slug}/installations/new">
            <input type="hidden" name="state" value="${c.req.query('state') ?? ''}" />
            <ul>
              ${accounts.map(
                (account) =>
                  html`<li>
                    <button class="card" type="submit" name="account" value="${account.login}">
                      <img src="${avatarUrl(double.urls, account)}" alt="" />
                      <span>
                        <strong>${account.login}</strong>
                        ${
                          store.apps.installationOf(app.id, account.id) === undefined
                            ? account.type
                            : `${account.type} · installed`
                        }
                      </span>
                    </button>
                  </li>`,
              )}
            </ul>
          </form>
        </main>`,
      ),
    );
  });

  routes.post('/apps/:slug/installations/new', async (c) => {
    const app = store.apps.bySlug(c.req.param('slug'));
    const form = await c.req.parseBody();
    const account = store.accounts.byLogin(formText(form['account']));
    if (app === undefined || account === undefined) throw notFound();
    const owner =
      account.type === 'User'
        ? account
        : store.accounts.members(account.id).find((member) => member.role === 'admin')?.user;
    const installation = install(double, app, account, owner ?? account, null);
    if (app.setupUrl === null) return c.redirect(`/apps/${app.slug}/installations/new`, 303);
    const target = new URL(app.setupUrl);
    target.searchParams.set('installation_id', String(installation.id));
    target.searchParams.set('setup_action', 'install');
    const state = formText(form['state']);
    if (state !== '') target.searchParams.set('state', state);
    return c.redirect(target.toString(), 303);
  });

  routes.route('/', manifestRoutes(double));
  routes.route('/', pullPageRoutes(double));

  routes.get('/:owner/:repo', (c) => {
    const repository = store.repositories.byName(c.req.param('owner'), c.req.param('repo'));
    if (repository === undefined) throw notFound();
    const pulls = store.pulls.list(repository.id, { state: 'open', sort: 'created', direction: 'desc' });
    const people = store.accounts
      .users()
      .filter((user) => userPermission(store, repository, user.id) !== undefined).length;
    return c.html(
      page(
        fullName(repository),
        html`<main class="wide">
          <h1>${fullName(repository)}</h1>
          <p>${repository.description} · ${people} people may see it</p>
          <pre>git clone ${double.urls.web}/${fullName(repository)}.git</pre>
          <ul>
            ${pulls.map(
              (pull) =>
                html`<li>
                  <a href="/${fullName(repository)}/pull/${pull.number}">#${pull.number} ${pull.title}</a>
                  ${pull.draft ? html`<span class="badge draft">Draft</span>` : ''}
                </li>`,
            )}
          </ul>
        </main>`,
      ),
    );
  });

  return routes;
}
