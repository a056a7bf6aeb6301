import { Hono } from 'hono';
import { html } from 'hono/html';
import { z } from 'zod';
import type { ApiEnv } from '../api/context.ts';
import { atLeast, userPermission } from '../domain/access.ts';
import { GitHubError, notFound } from '../domain/errors.ts';
import { mergePull } from '../domain/pulls.ts';
import type { Double } from '../double.ts';
import { fullName } from '../shapes/repository.ts';
import { mergeableState } from '../shapes/pull.ts';
import type { PullRequest } from '../store/pulls.ts';
import { page } from './page.ts';

const mergeForm = z.object({
  login: z.string(),
  merge_method: z.enum(['merge', 'squash', 'rebase']).default('merge'),
});

const stateTexts = {
  clean: 'This branch has no conflicts with the base branch.',
  dirty: 'This branch has conflicts that must be resolved.',
  draft: 'This pull request is still a draft.',
  unstable: 'Some checks have not passed; it can be merged all the same.',
  unknown: '',
} as const;

function stateBadge(pull: PullRequest) {
  if (pull.merged) return html`<span class="badge merged">Merged</span>`;
  if (pull.state === 'closed') return html`<span class="badge closed">Closed</span>`;
  return pull.draft ? html`<span class="badge draft">Draft</span>` : html`<span class="badge">Open</span>`;
}

/** A pull request's page, with a button that merges it as one of the people who may. */
export function pullPageRoutes(double: Double): Hono<ApiEnv> {
  const { store } = double;
  const routes = new Hono<ApiEnv>();

  const find = (owner: string, name: string, number: string) => {
    const repository = store.repositories.byName(owner, name);
    const pull = repository === undefined ? undefined : store.pulls.byNumber(repository.id, Number(number));
    if (repository === undefined || pull === undefined) throw notFound();
    return { repository, pull };
  };

  routes.get('/:owner/:repo/pull/:number{[0-9]+}', async (c) => {
    const { repository, pull } = find(c.req.param('owner'), c.req.param('repo'), c.req.param('number'));
    const facts = await double.pullFacts.whole(repository, pull);
    const runs = store.checks.latestRunsOf(repository.id, pull.headSha);
    const state = mergeableState(pull, facts, runs);
    const mergers = store.accounts
      .users()
      .filter((user) => atLeast(userPermission(store, repository, user.id), 'write'));
    const author = store.accounts.byId(pull.authorId);
    const mergeable = pull.state === 'open' && (state === 'clean' || state === 'unstable');
    return c.html(
      page(
        `${pull.title} · #${pull.number}`,
        html`<main class="wide">
          <h1>${pull.title} <span style="color:var(--soft)">#${pull.number}</span></h1>
          <div class="row">
            ${stateBadge(pull)}
            <span>
              <strong>${author?.login ?? 'ghost'}</strong> wants to merge ${facts.commits} commits into
              <code>${pull.baseRef}</code> from <code>${pull.headRef}</code>
            </span>
          </div>
          <div class="panel">${pull.body ?? 'No description provided.'}</div>
          <p>${facts.changedFiles} files changed, +${facts.additions} −${facts.deletions}</p>
          <ul>
            ${store.pulls
              .reviews(pull.id)
              .map((review) => html`<li>${review.user.login}: ${review.state} ${review.body}</li>`)}
            ${runs.map((run) => html`<li>${run.name}: ${run.conclusion ?? run.status}</li>`)}
          </ul>
          <div class="panel">
            <p>${stateTexts[state]}</p>
            ${
              mergeable
                ? html`<form
                    class="row"
                    method="post"
                    action="/${fullName(repository)}/pull/${pull.number}/merge"
                  >
                    <label>
                      As
                      <select name="login">
                        ${mergers.map((user) => html`<option value="${user.login}">${user.login}</option>`)}
                      </select>
                    </label>
                    <select name="merge_method" aria-label="Merge method">
                      <option value="merge">Create a merge commit</option>
                      <option value="squash">Squash and merge</option>
                      <option value="rebase">Rebase and merge</option>
                    </select>
                    <button class="button" type="submit">Merge pull request</button>
                  </form>`
                : ''
            }
          </div>
        </main>`,
      ),
    );
  });

  routes.post('/:owner/:repo/pull/:number{[0-9]+}/merge', async (c) => {
    const { repository, pull } = find(c.req.param('owner'), c.req.param('repo'), c.req.param('number'));
    const form = mergeForm.safeParse(await c.req.parseBody());
    const user = form.success ? store.accounts.byLogin(form.data.login) : undefined;
    if (!form.success || user === undefined) {
      throw new GitHubError(422, 'Send the field `login` with the login of a user.');
    }
    if (!atLeast(userPermission(store, repository, user.id), 'write')) throw notFound();
    await mergePull(double, repository, pull.id, user, { method: form.data.merge_method });
    return c.redirect(`/${fullName(repository)}/pull/${pull.number}`, 303);
  });

  return routes;
}
