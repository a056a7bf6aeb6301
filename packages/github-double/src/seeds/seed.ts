import { join } from 'node:path';
import { GitHubError } from '../domain/errors.ts';
import { install } from '../domain/installations.ts';
import { branchOf } from '../domain/refs.ts';
import { suiteConclusion } from '../domain/checks.ts';
import type { Double } from '../double.ts';
import type { CommitInput } from '../git/fast-import.ts';
import type { Account } from '../store/accounts.ts';
import { readFolder, seedsFolder } from './files.ts';
import { seedLarge } from './large.ts';
import { smallRepositories, users } from './small.ts';
import type { SeedCommit, SeedPull, SeedRepository } from './small.ts';

const startedAt = '2026-01-05T09:00:00Z';
export const acmeId = 30_001;

/** Fills an empty store. Nothing is announced: an app that was installed before today knows how to look. */
export async function seedDouble(double: Double, seed: 'small' | 'large' | 'none'): Promise<void> {
  if (seed === 'none') return;
  const { store } = double;
  const acme = store.transaction(() => {
    for (const user of users) store.accounts.insert({ ...user, type: 'User', createdAt: startedAt });
    const organization = store.accounts.insert({
      id: acmeId,
      login: 'acme',
      type: 'Organization',
      name: 'Acme',
      email: 'hello@acme.example.com',
      description: 'Useful things, made well',
      createdAt: startedAt,
    });
    store.accounts.setRole(organization.id, account(double, 'ada').id, 'admin');
    store.accounts.setRole(organization.id, account(double, 'grace').id, 'member');
    return organization;
  });
  if (seed === 'small') for (const repository of smallRepositories) await seedRepository(double, repository);
  else await seedLarge(double, acme);
  const app = store.apps.byId(double.appId);
  if (app === undefined) throw new GitHubError(500, 'The app must exist before the seed');
  double.webhooks.pause();
  install(double, app, acme, account(double, 'ada'), null);
  install(double, app, account(double, 'ada'), account(double, 'ada'), null);
  store.deliveries.clear();
  double.webhooks.resume();
}

function account(double: Double, login: string): Account {
  const found = double.store.accounts.byLogin(login);
  if (found === undefined) throw new GitHubError(500, `The seed names an unknown account ${login}`);
  return found;
}

async function seedRepository(double: Double, seed: SeedRepository): Promise<void> {
  const { store } = double;
  const folder = `${seed.owner}/${seed.name}.git`;
  const bare = double.folders.open({ folder });
  await bare.init();
  const toCommit = (ref: string, commit: SeedCommit, from: string | undefined): CommitInput => {
    const { name, email } = account(double, commit.author);
    return {
      ref,
      from,
      author: { name, email, at: commit.at },
      message: `${commit.message}\n`,
      files: readFolder(join(seedsFolder, seed.name, commit.folder)),
    };
  };
  await bare.importCommits(seed.main.map((commit) => toCommit('refs/heads/main', commit, undefined)));
  const main = (await bare.log('refs/heads/main', { reverse: true })).map((commit) => commit.sha);
  await bare.importCommits(
    seed.pulls.flatMap((pull) =>
      pull.commits.map((commit, index) =>
        toCommit(`refs/heads/${pull.branch}`, commit, index === 0 ? main[pull.fromCommit - 1] : undefined),
      ),
    ),
  );
  const refs = await bare.refs();
  const baseSha = refs.get('refs/heads/main') ?? '';
  const pullHeads = seed.pulls.map((pull, index) => ({
    number: index + 1,
    headSha: refs.get(`refs/heads/${pull.branch}`) ?? '',
  }));
  await bare.setPullHeads(pullHeads);
  const lastPush = [...seed.main, ...seed.pulls.flatMap((pull) => pull.commits)]
    .map((commit) => commit.at)
    .sort()
    .at(-1);
  store.transaction(() => {
    store.repositories.insert({
      id: seed.id,
      ownerId: account(double, seed.owner).id,
      name: seed.name,
      folder,
      private: seed.private,
      description: seed.description,
      language: seed.language,
      createdAt: seed.main[0]?.at ?? startedAt,
      updatedAt: lastPush ?? startedAt,
      pushedAt: lastPush ?? startedAt,
    });
    for (const [name, sha] of refs) {
      if (branchOf(name) !== undefined) store.repositories.setRef(seed.id, name, sha);
    }
    for (const entry of seed.collaborators) {
      store.repositories.setCollaborator(seed.id, account(double, entry.login).id, entry.permission);
    }
    for (const [index, pull] of seed.pulls.entries()) {
      seedPull(double, seed, pull, pullHeads[index]?.headSha ?? '', baseSha);
    }
  });
}

/** A moment some minutes after another, in GitHub's form. */
function minutesAfter(at: string, minutes: number): string {
  return new Date(Date.parse(at) + minutes * 60_000).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function seedPull(
  double: Double,
  seed: SeedRepository,
  input: SeedPull,
  headSha: string,
  baseSha: string,
): void {
  const { store } = double;
  const openedAt = minutesAfter(input.commits.at(-1)?.at ?? startedAt, 10);
  const pull = store.pulls.insert({
    repositoryId: seed.id,
    title: input.title,
    body: input.body,
    state: 'open',
    draft: input.draft ?? false,
    authorId: account(double, input.author).id,
    headRef: input.branch,
    headSha,
    baseRef: 'main',
    baseSha,
    createdAt: openedAt,
    updatedAt: minutesAfter(openedAt, 60),
  });
  for (const review of input.reviews ?? []) {
    store.pulls.insertReview({
      pullRequestId: pull.id,
      userId: account(double, review.login).id,
      state: review.state,
      body: review.body,
      commitId: headSha,
      submittedAt: minutesAfter(openedAt, 45),
    });
  }
  for (const login of input.requestedReviewers ?? []) {
    store.pulls.requestReview(pull.id, account(double, login).id);
  }
  for (const comment of input.comments ?? []) {
    const at = minutesAfter(openedAt, 30);
    const userId = account(double, comment.login).id;
    store.pulls.insertComment({
      pullRequestId: pull.id,
      userId,
      body: comment.body,
      createdAt: at,
      updatedAt: at,
    });
  }
  if (input.checks === undefined) return;
  const suite = store.checks.ensureSuite({
    repositoryId: seed.id,
    headSha,
    headBranch: input.branch,
    status: 'in_progress',
    createdAt: openedAt,
    updatedAt: minutesAfter(openedAt, 3),
  });
  for (const check of input.checks) {
    store.checks.insertRun({
      checkSuiteId: suite.id,
      repositoryId: seed.id,
      headSha,
      name: check.name,
      status: check.conclusion === null ? 'in_progress' : 'completed',
      conclusion: check.conclusion,
      title: check.summary,
      summary: check.summary,
      startedAt: minutesAfter(openedAt, 1),
      completedAt: check.conclusion === null ? null : minutesAfter(openedAt, 3),
    });
  }
  const conclusion = suiteConclusion(store.checks.runsOfSuite(suite.id));
  store.checks.updateSuite(suite.id, {
    status: conclusion === null ? 'in_progress' : 'completed',
    conclusion,
  });
}
