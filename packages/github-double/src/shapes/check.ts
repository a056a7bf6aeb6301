import type { Double } from '../double.ts';
import type { CheckRun, CheckSuite } from '../store/checks.ts';
import type { OwnedRepository } from '../store/repositories.ts';
import { simpleUser } from './account.ts';
import { nodeId } from './ids.ts';
import { fullName, repositoryShape } from './repository.ts';

/** The app that owns every check run: a stand-in for a repository's CI. */
export function ciApp(double: Double, repository: OwnedRepository) {
  return {
    id: 15_368,
    slug: 'github-actions',
    node_id: nodeId('A', 15_368),
    owner: simpleUser(double.urls, repository.owner),
    name: 'GitHub Actions',
    description: 'Runs the checks of the double',
    external_url: `${double.urls.web}/features/actions`,
    html_url: `${double.urls.web}/apps/github-actions`,
    created_at: '2018-07-30T09:30:17Z',
    updated_at: '2019-12-10T19:04:12Z',
    permissions: { checks: 'write', metadata: 'read' },
    events: ['check_run', 'check_suite'],
  };
}

function suitePulls(double: Double, repository: OwnedRepository, headSha: string) {
  const api = `${double.urls.api}/repos/${fullName(repository)}`;
  const reference = { id: repository.id, url: api, name: repository.name };
  return double.store.pulls.openWithHeadSha(repository.id, headSha).map((pull) => ({
    id: pull.id,
    number: pull.number,
    url: `${api}/pulls/${pull.number}`,
    head: { ref: pull.headRef, sha: pull.headSha, repo: reference },
    base: { ref: pull.baseRef, sha: pull.baseSha, repo: reference },
  }));
}

/** `GET /repos/{o}/{r}/check-runs/{id}`. */
export function checkRunShape(double: Double, repository: OwnedRepository, run: CheckRun) {
  const api = `${double.urls.api}/repos/${fullName(repository)}`;
  const html = `${double.urls.web}/${fullName(repository)}`;
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId('CR', run.id),
    head_sha: run.headSha,
    external_id: '',
    url: `${api}/check-runs/${run.id}`,
    html_url: `${html}/runs/${run.id}`,
    details_url: `${html}/runs/${run.id}`,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      title: run.title,
      summary: run.summary,
      text: null,
      annotations_count: 0,
      annotations_url: `${api}/check-runs/${run.id}/annotations`,
    },
    check_suite: { id: run.checkSuiteId },
    app: ciApp(double, repository),
    pull_requests: suitePulls(double, repository, run.headSha),
  };
}

/** A check suite, in REST replies and (with `head_commit`) in webhooks. */
export function checkSuiteShape(double: Double, repository: OwnedRepository, suite: CheckSuite) {
  const api = `${double.urls.api}/repos/${fullName(repository)}`;
  return {
    id: suite.id,
    node_id: nodeId('CS', suite.id),
    head_branch: suite.headBranch,
    head_sha: suite.headSha,
    status: suite.status,
    conclusion: suite.conclusion,
    url: `${api}/check-suites/${suite.id}`,
    before: null,
    after: suite.headSha,
    pull_requests: suitePulls(double, repository, suite.headSha),
    app: ciApp(double, repository),
    created_at: suite.createdAt,
    updated_at: suite.updatedAt,
    latest_check_runs_count: double.store.checks.runsOfSuite(suite.id).length,
    check_runs_url: `${api}/check-suites/${suite.id}/check-runs`,
    repository: repositoryShape(double.urls, repository),
  };
}
