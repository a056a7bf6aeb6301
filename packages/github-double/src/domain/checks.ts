import type { Double } from '../double.ts';
import { now } from '../double.ts';
import { checkRunShape, checkSuiteShape } from '../shapes/check.ts';
import type { Account } from '../store/accounts.ts';
import type { CheckConclusion, CheckRun } from '../store/checks.ts';
import type { OwnedRepository } from '../store/repositories.ts';
import { emit } from '../webhooks/emit.ts';

export interface CheckRunInput {
  headSha: string;
  headBranch: string;
  name: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: CheckConclusion | null;
  title: string | null;
  summary: string | null;
}

/**
 * Adds a check run to a commit, or brings the run of the same name up to date, and tells the apps: `check_run`
 * created or completed, and `check_suite` completed when it was the last one running.
 */
export async function recordCheckRun(
  double: Double,
  repository: OwnedRepository,
  sender: Account,
  input: CheckRunInput,
): Promise<CheckRun> {
  const { store } = double;
  const headCommit = await double.folders.open(repository).commit(input.headSha);
  const at = now();
  const values = {
    status: input.status,
    conclusion: input.status === 'completed' ? (input.conclusion ?? ('success' as const)) : null,
    title: input.title,
    summary: input.summary,
    completedAt: input.status === 'completed' ? at : null,
  };
  const run = store.transaction(() => {
    const suite = store.checks.ensureSuite({
      repositoryId: repository.id,
      headSha: input.headSha,
      headBranch: input.headBranch,
      status: 'queued',
      createdAt: at,
      updatedAt: at,
    });
    const existing = store.checks.runsOfSuite(suite.id).find((other) => other.name === input.name);
    const row =
      existing === undefined || (existing.status === 'completed' && input.status !== 'completed')
        ? store.checks.insertRun({
            ...values,
            checkSuiteId: suite.id,
            repositoryId: repository.id,
            headSha: input.headSha,
            name: input.name,
            startedAt: at,
          })
        : store.checks.updateRun(existing.id, values);
    const action = row.status === 'completed' ? 'completed' : 'created';
    if (existing === undefined || action === 'completed') {
      emitRun(double, repository, sender, row, existing === undefined ? 'created' : 'completed', suite.id);
      if (existing === undefined && action === 'completed') {
        emitRun(double, repository, sender, row, 'completed', suite.id);
      }
    }
    const runs = store.checks.runsOfSuite(suite.id);
    const conclusion = suiteConclusion(runs);
    store.checks.updateSuite(suite.id, {
      status: conclusion === null ? 'in_progress' : 'completed',
      conclusion,
      updatedAt: at,
    });
    if (conclusion !== null) emitSuite(double, repository, sender, suite.id, headCommit);
    return row;
  });
  double.webhooks.kick();
  return run;
}

/** The suite's conclusion, or null while a run is not finished. */
export function suiteConclusion(runs: readonly CheckRun[]): CheckConclusion | null {
  if (runs.some((run) => run.status !== 'completed')) return null;
  const bad = runs.find(
    (run) => run.conclusion !== 'success' && run.conclusion !== 'neutral' && run.conclusion !== 'skipped',
  );
  return bad === undefined ? 'success' : bad.conclusion;
}

function emitRun(
  double: Double,
  repository: OwnedRepository,
  sender: Account,
  run: CheckRun,
  action: 'created' | 'completed',
  suiteId: number,
): void {
  const suite = double.store.checks.suite(suiteId);
  if (suite === undefined) return;
  const {
    repository: _repository,
    latest_check_runs_count: _count,
    check_runs_url: _url,
    ...suiteShape
  } = checkSuiteShape(double, repository, suite);
  emit(double, {
    event: 'check_run',
    action,
    sender,
    account: repository.owner,
    repository,
    payload: {
      check_run: { ...checkRunShape(double, repository, run), check_suite: suiteShape },
    },
  });
}

function emitSuite(
  double: Double,
  repository: OwnedRepository,
  sender: Account,
  suiteId: number,
  headCommit: {
    sha: string;
    treeSha: string;
    message: string;
    author: { name: string; email: string; at: string };
    committer: { name: string; email: string; at: string };
  },
): void {
  const suite = double.store.checks.suite(suiteId);
  if (suite === undefined) return;
  const { repository: _repository, ...suiteShape } = checkSuiteShape(double, repository, suite);
  emit(double, {
    event: 'check_suite',
    action: 'completed',
    sender,
    account: repository.owner,
    repository,
    payload: {
      check_suite: {
        ...suiteShape,
        head_commit: {
          id: headCommit.sha,
          tree_id: headCommit.treeSha,
          message: headCommit.message,
          timestamp: headCommit.author.at,
          author: { name: headCommit.author.name, email: headCommit.author.email },
          committer: { name: headCommit.committer.name, email: headCommit.committer.email },
        },
      },
    },
  });
}
