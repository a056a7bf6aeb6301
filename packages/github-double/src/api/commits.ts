import { Hono } from 'hono';
import { GitHubError, notFound } from '../domain/errors.ts';
import type { Double } from '../double.ts';
import { changedFiles } from '../git/changed-files.ts';
import type { BareRepository } from '../git/bare-repository.ts';
import { git } from '../git/run-git.ts';
import { listRecursively, readBlob } from '../git/tree.ts';
import { checkRunShape, checkSuiteShape } from '../shapes/check.ts';
import { commitShape, fileShape } from '../shapes/commit.ts';
import { nodeId } from '../shapes/ids.ts';
import { pullShape } from '../shapes/pull.ts';
import { fullName, repositoryShape } from '../shapes/repository.ts';
import type { OwnedRepository } from '../store/repositories.ts';
import { repositoryFor, restOfPath } from './context.ts';
import type { ApiContext, ApiEnv } from './context.ts';
import { pageOf, paginate } from './pagination.ts';

/** GitHub compares at most this many commits in one reply. */
const comparedCommitLimit = 250;
/** The tree before a first commit. */
const emptyTreeSha = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** Commits, comparisons, and what checks say about a commit. */
export function commitRoutes(double: Double): Hono<ApiEnv> {
  const { store, urls } = double;
  const routes = new Hono<ApiEnv>();

  const resolve = async (repository: OwnedRepository, ref: string): Promise<string> => {
    // What has checks was found to be a commit when they were made: no need to ask git.
    const isKnown = store.checks.suitesOf(repository.id, ref).length > 0;
    const sha = isKnown ? ref : await double.folders.open(repository).resolveCommit(ref);
    if (sha === undefined) throw new GitHubError(422, `No commit found for SHA: ${ref}`);
    return sha;
  };

  routes.get('/repos/:owner/:repo/commits', async (c) => {
    const repository = repositoryFor(double, c, 'contents', 'read');
    const bare = double.folders.open(repository);
    const sha = await bare.resolveCommit(c.req.query('sha') ?? repository.defaultBranch);
    if (sha === undefined) throw notFound();
    const { page, perPage } = pageOf(c);
    const path = c.req.query('path');
    const commits = await bare.log(sha, {
      limit: perPage + 1,
      skip: (page - 1) * perPage,
      ...(path === undefined ? {} : { path }),
    });
    if (commits.length > perPage) {
      const next = new URL(c.req.url);
      next.searchParams.set('page', String(page + 1));
      c.header('link', `<${urls.web}${next.pathname}${next.search}>; rel="next"`);
    }
    return c.json(commits.slice(0, perPage).map((commit) => commitShape(double, repository, commit)));
  });

  /** Refs have slashes, so what is asked about a commit is read from the end of the address. */
  routes.get('/repos/:owner/:repo/commits/:rest{.+}', async (c) => {
    const rest = restOfPath(c, '/commits/');
    const match = /^(?<ref>.+?)(?:\/(?<view>check-runs|check-suites|status|statuses|pulls))?$/.exec(rest);
    const ref = match?.groups?.['ref'] ?? rest;
    const view = match?.groups?.['view'] ?? 'commit';
    switch (view) {
      case 'check-runs':
      case 'check-suites': {
        const repository = repositoryFor(double, c, 'checks', 'read');
        return checks(c, repository, await resolve(repository, ref), view);
      }
      case 'status':
      case 'statuses': {
        const repository = repositoryFor(double, c, 'statuses', 'read');
        const sha = await resolve(repository, ref);
        return view === 'status' ? c.json(combinedStatus(repository, sha)) : c.json([]);
      }
      case 'pulls': {
        const repository = repositoryFor(double, c, 'pull_requests', 'read');
        const sha = await resolve(repository, ref);
        const list = store.pulls.openWithHeadSha(repository.id, sha);
        return c.json(paginate(double, c, list).map((pull) => pullShape(double, repository, pull)));
      }
      default: {
        const repository = repositoryFor(double, c, 'contents', 'read');
        return oneCommit(c, repository, await resolve(repository, ref));
      }
    }
  });

  const oneCommit = async (c: ApiContext, repository: OwnedRepository, sha: string) => {
    const bare = double.folders.open(repository);
    const commit = await bare.commit(sha);
    const parent = commit.parents[0] ?? emptyTreeSha;
    if (c.req.header('accept')?.includes('.diff') === true) {
      return c.text(await bare.diffText(parent, sha), 200);
    }
    const files = await changedFiles(bare, parent, sha);
    const additions = files.reduce((sum, file) => sum + file.additions, 0);
    const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
    return c.json({
      ...commitShape(double, repository, commit),
      stats: { additions, deletions, total: additions + deletions },
      files: files.map((file) => fileShape(double, repository, sha, file)),
    });
  };

  const checks = (
    c: ApiContext,
    repository: OwnedRepository,
    sha: string,
    view: 'check-runs' | 'check-suites',
  ) => {
    if (view === 'check-suites') {
      const suites = store.checks.suitesOf(repository.id, sha);
      return c.json({
        total_count: suites.length,
        check_suites: paginate(double, c, suites).map((suite) => checkSuiteWithCommit(repository, suite)),
      });
    }
    const name = c.req.query('check_name');
    const status = c.req.query('status');
    const all = c.req.query('filter') === 'all';
    const runs = (
      all ? store.checks.runsOf(repository.id, sha) : store.checks.latestRunsOf(repository.id, sha)
    ).filter(
      (run) => (name === undefined || run.name === name) && (status === undefined || run.status === status),
    );
    return c.json({
      total_count: runs.length,
      check_runs: paginate(double, c, runs).map((run) => checkRunShape(double, repository, run)),
    });
  };

  const checkSuiteWithCommit = (
    repository: OwnedRepository,
    suite: Parameters<typeof checkSuiteShape>[2],
  ) => ({
    ...checkSuiteShape(double, repository, suite),
    head_commit: {
      id: suite.headSha,
      tree_id: suite.headSha,
      message: '',
      timestamp: suite.createdAt,
      author: null,
      committer: null,
    },
  });

  /** The double's CI reports check runs, never the older statuses: the combination of none is pending. */
  const combinedStatus = (repository: OwnedRepository, sha: string) => {
    const api = `${urls.api}/repos/${fullName(repository)}/commits/${sha}`;
    return {
      state: 'pending',
      statuses: [],
      sha,
      total_count: 0,
      repository: repositoryShape(urls, repository),
      commit_url: api,
      url: `${api}/status`,
    };
  };

  routes.get('/repos/:owner/:repo/check-runs/:id{[0-9]+}', (c) => {
    const repository = repositoryFor(double, c, 'checks', 'read');
    const run = store.checks.run(Number(c.req.param('id')));
    if (run === undefined || run.repositoryId !== repository.id) throw notFound();
    return c.json(checkRunShape(double, repository, run));
  });

  routes.get('/repos/:owner/:repo/check-suites/:id{[0-9]+}/check-runs', (c) => {
    const repository = repositoryFor(double, c, 'checks', 'read');
    const suite = store.checks.suite(Number(c.req.param('id')));
    if (suite === undefined || suite.repositoryId !== repository.id) throw notFound();
    const runs = store.checks.runsOfSuite(suite.id);
    return c.json({
      total_count: runs.length,
      check_runs: paginate(double, c, runs).map((run) => checkRunShape(double, repository, run)),
    });
  });

  routes.get('/repos/:owner/:repo/compare/:range{.+}', async (c) => {
    const repository = repositoryFor(double, c, 'contents', 'read');
    const [base, head] = restOfPath(c, '/compare/')
      .split('...')
      .map((side) => side.replace(/^[^:/]+:/, ''));
    const bare = double.folders.open(repository);
    const baseSha = base === undefined ? undefined : await bare.resolveCommit(base);
    const headSha = head === undefined ? undefined : await bare.resolveCommit(head);
    if (baseSha === undefined || headSha === undefined) throw notFound();
    if (c.req.header('accept')?.includes('.diff') === true) {
      return c.text(await bare.diffText((await bare.mergeBase(baseSha, headSha)) ?? baseSha, headSha), 200);
    }
    return c.json(await comparison(repository, bare, baseSha, headSha));
  });

  const comparison = async (
    repository: OwnedRepository,
    bare: BareRepository,
    baseSha: string,
    headSha: string,
  ) => {
    const mergeBase = await bare.mergeBase(baseSha, headSha);
    if (mergeBase === undefined) throw new GitHubError(404, 'No common ancestor');
    const [ahead, behind, commits, files, baseCommit, mergeBaseCommit] = await Promise.all([
      bare.countCommits(`${baseSha}..${headSha}`),
      bare.countCommits(`${headSha}..${baseSha}`),
      bare.log(`${baseSha}..${headSha}`, { limit: comparedCommitLimit, reverse: true }),
      changedFiles(bare, mergeBase, headSha),
      bare.commit(baseSha),
      bare.commit(mergeBase),
    ]);
    const html = `${urls.web}/${fullName(repository)}/compare/${baseSha}...${headSha}`;
    const status =
      ahead > 0 && behind > 0 ? 'diverged' : ahead > 0 ? 'ahead' : behind > 0 ? 'behind' : 'identical';
    return {
      url: `${urls.api}/repos/${fullName(repository)}/compare/${baseSha}...${headSha}`,
      html_url: html,
      permalink_url: html,
      diff_url: `${html}.diff`,
      patch_url: `${html}.patch`,
      base_commit: commitShape(double, repository, baseCommit),
      merge_base_commit: commitShape(double, repository, mergeBaseCommit),
      status,
      ahead_by: ahead,
      behind_by: behind,
      total_commits: ahead,
      commits: commits.map((commit) => commitShape(double, repository, commit)),
      files: files.map((file) => fileShape(double, repository, headSha, file)),
    };
  };

  routes.get('/repos/:owner/:repo/git/trees/:ref{.+}', async (c) => {
    const repository = repositoryFor(double, c, 'contents', 'read');
    const bare = double.folders.open(repository);
    const sha = await bare.resolveCommit(restOfPath(c, '/git/trees/'));
    if (sha === undefined) throw notFound();
    const entries = await listRecursively(bare, sha);
    const recursive = c.req.query('recursive') !== undefined;
    const api = `${urls.api}/repos/${fullName(repository)}/git`;
    const { treeSha } = await bare.commit(sha);
    return c.json({
      sha: treeSha,
      url: `${api}/trees/${treeSha}`,
      truncated: false,
      tree: entries
        .filter((entry) => recursive || !entry.path.includes('/'))
        .map((entry) => ({
          path: entry.path,
          mode: entry.mode,
          type: entry.type,
          sha: entry.sha,
          ...(entry.type === 'blob' ? { size: entry.sizeBytes } : {}),
          url: `${api}/${entry.type === 'blob' ? 'blobs' : 'trees'}/${entry.sha}`,
        })),
    });
  });

  routes.get('/repos/:owner/:repo/git/blobs/:sha{[0-9a-f]+}', async (c) => {
    const repository = repositoryFor(double, c, 'contents', 'read');
    const bare = double.folders.open(repository);
    const sha = c.req.param('sha');
    const type = await git(bare.path, ['cat-file', '-t', sha]).catch(() => 'missing');
    if (type.trim() !== 'blob') throw notFound();
    const bytes = await readBlob(bare, sha);
    return c.json({
      sha,
      node_id: nodeId('C', `${repository.id}:${sha}`),
      size: bytes.length,
      url: `${urls.api}/repos/${fullName(repository)}/git/blobs/${sha}`,
      content: bytes.toString('base64'),
      encoding: 'base64',
    });
  });

  return routes;
}
