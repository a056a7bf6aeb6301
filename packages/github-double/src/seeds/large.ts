import { copyFileSync, linkSync, mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isoSeconds } from '../double.ts';
import type { Double } from '../double.ts';
import type { CommitInput } from '../git/fast-import.ts';
import { git } from '../git/run-git.ts';
import type { Account } from '../store/accounts.ts';
import { readFolder, seedsFolder } from './files.ts';
import { smallRepositories } from './small.ts';

export const largeCounts = { repositories: 200, pullsPerRepository: 10, members: 60 } as const;

const firstRepositoryId = 50_001;
const firstUserId = 21_001;
const everyNthPrivate = 20;
const collaboratorsPerRepository = 12;
const startMs = Date.parse('2026-10-01T08:00:00Z');
const hourMs = 3_600_000;

const nouns = ['api', 'web', 'worker', 'jobs', 'search', 'mail', 'files', 'maps', 'pay', 'auth'];
const areas = [
  'accounts',
  'analytics',
  'catalog',
  'checkout',
  'content',
  'customers',
  'delivery',
  'fleet',
  'inventory',
  'ledger',
  'loyalty',
  'marketing',
  'media',
  'orders',
  'partners',
  'pricing',
  'reports',
  'returns',
  'support',
  'warehouse',
];
const firstNames = [
  'Alan',
  'Barbara',
  'Claude',
  'Donald',
  'Edsger',
  'Frances',
  'Gerald',
  'Hedy',
  'Ivan',
  'Joan',
];
const lastNames = ['Turing', 'Liskov', 'Shannon', 'Knuth', 'Dijkstra', 'Allen'];

interface Template {
  folder: string;
  language: string;
  mainSha: string;
  refs: Map<string, string>;
}

/** What each branch adds: one new file, on top of `main`, so that it merges. */
function noteOf(number: number, templateIndex: number): string {
  return `# Change ${number}\n\nIn template ${templateIndex}.\n`;
}

/** What git would say of a seeded pull request. Known here, so that nobody asks it two thousand times. */
const seededFacts = { mergeable: true, commits: 1, additions: 3, deletions: 0, changedFiles: 1 };

/** One bare repository with `main` and a branch per pull request, to be copied: 200 of them take a second. */
async function buildTemplate(double: Double, index: number): Promise<Template> {
  const source = smallRepositories[index % smallRepositories.length];
  const folder = `.template-${index}`;
  const bare = double.folders.open({ folder });
  await bare.init();
  const author = { name: 'Ada Lovelace', email: 'ada@example.com', at: isoSeconds(startMs) };
  const files = (source?.main ?? []).flatMap((commit) =>
    readFolder(join(seedsFolder, source?.name ?? '', commit.folder)),
  );
  const first: CommitInput = { ref: 'refs/heads/main', author, message: 'Begin\n', files };
  const branches = Array.from({ length: largeCounts.pullsPerRepository }, (_, number): CommitInput => ({
    ref: `refs/heads/change-${number + 1}`,
    from: 'refs/heads/main',
    author: { ...author, at: isoSeconds(startMs + (number + 1) * 24 * hourMs) },
    message: `Change ${number + 1}\n`,
    files: [{ path: `docs/change-${number + 1}.md`, content: noteOf(number + 1, index) }],
  }));
  await bare.importCommits([first, ...branches]);
  const refs = await bare.refs();
  await bare.setPullHeads(
    branches.map((_, number) => ({
      number: number + 1,
      headSha: refs.get(`refs/heads/change-${number + 1}`) ?? '',
    })),
  );
  // One pack, one file of refs, nothing loose: little to copy.
  await git(bare.path, ['gc', '--quiet', '--prune=now']);
  await rm(join(bare.path, 'hooks'), { recursive: true, force: true });
  return {
    folder,
    language: source?.language ?? 'JavaScript',
    mainSha: refs.get('refs/heads/main') ?? '',
    refs,
  };
}

/**
 * Copies one bare repository to many places. The packs are shared as hard links: git never changes a pack, it writes
 * new ones.
 */
async function copyTemplate(source: string, targets: readonly string[]): Promise<void> {
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const relative = entries.map((entry) => ({
    path: join(entry.parentPath, entry.name).slice(source.length + 1),
    isFolder: entry.isDirectory(),
  }));
  for (const target of targets) {
    mkdirSync(target, { recursive: true });
    for (const { path, isFolder } of relative) {
      if (isFolder) mkdirSync(join(target, path));
      else if (path.startsWith('objects/')) linkSync(join(source, path), join(target, path));
      else copyFileSync(join(source, path), join(target, path));
    }
  }
}

/** Two hundred repositories with ten open pull requests each, and sixty members, in the given organization. */
export async function seedLarge(double: Double, organization: Account): Promise<void> {
  const templates = await Promise.all(smallRepositories.map((_, index) => buildTemplate(double, index)));
  const plan = Array.from({ length: largeCounts.repositories }, (_, index) => {
    const area = areas[Math.floor(index / nouns.length) % areas.length] ?? '';
    const name = `${area}-${nouns[index % nouns.length] ?? ''}`;
    const template = templates[index % templates.length];
    return { index, name, folder: `${organization.login}/${name}.git`, template };
  });
  await Promise.all(
    templates.map((template) =>
      copyTemplate(
        double.folders.open(template).path,
        plan.filter((entry) => entry.template === template).map((entry) => double.folders.open(entry).path),
      ),
    ),
  );
  double.store.transaction(() => {
    const members = insertMembers(double, organization);
    for (const { index, name, folder, template } of plan) {
      if (template !== undefined)
        insertRepository(double, organization, members, { index, name, folder }, template);
    }
  });
  for (const template of templates) await double.folders.remove(template);
}

function insertMembers(double: Double, organization: Account): Account[] {
  const { store } = double;
  const present = store.accounts.members(organization.id).map(({ user }) => user);
  const added = Array.from({ length: largeCounts.members - present.length }, (_, index) => {
    const first = firstNames[index % firstNames.length] ?? '';
    const last = lastNames[Math.floor(index / firstNames.length) % lastNames.length] ?? '';
    const login = `${first}-${last}`.toLowerCase();
    const user = store.accounts.insert({
      id: firstUserId + index,
      login,
      type: 'User',
      name: `${first} ${last}`,
      email: `${login}@example.com`,
      createdAt: isoSeconds(startMs),
    });
    store.accounts.setRole(organization.id, user.id, 'member');
    return user;
  });
  return [...present, ...added];
}

function insertRepository(
  double: Double,
  organization: Account,
  members: readonly Account[],
  plan: { index: number; name: string; folder: string },
  template: Template,
): void {
  const { store } = double;
  const id = firstRepositoryId + plan.index;
  const at = (hours: number) => isoSeconds(startMs + (plan.index + hours) * hourMs);
  const isPrivate = plan.index % everyNthPrivate === everyNthPrivate - 1;
  store.repositories.insert({
    id,
    ownerId: organization.id,
    name: plan.name,
    folder: plan.folder,
    private: isPrivate,
    description: `The ${plan.name} service`,
    language: template.language,
    createdAt: at(0),
    updatedAt: at(300),
    pushedAt: at(300),
  });
  for (const [name, sha] of template.refs) store.repositories.setRef(id, name, sha);
  const memberAt = (offset: number) => members[(plan.index * 7 + offset) % members.length];
  // Private ones are left to the organization's owner and people other than the second seeded user.
  const writers = Array.from({ length: collaboratorsPerRepository }, (_, offset) => memberAt(offset));
  const second = members.find((user) => user.login === 'grace');
  for (const user of isPrivate ? writers.filter((writer) => writer !== second) : [...writers, second]) {
    if (user !== undefined) store.repositories.setCollaborator(id, user.id, 'write');
  }
  for (let number = 1; number <= largeCounts.pullsPerRepository; number += 1) {
    const headRef = `change-${number}`;
    const headSha = template.refs.get(`refs/heads/${headRef}`) ?? '';
    const author = memberAt(number % collaboratorsPerRepository) ?? organization;
    store.pulls.insert({
      repositoryId: id,
      title: `${plan.name}: change ${number}`,
      body: `Adds a note about change ${number}.`,
      state: 'open',
      draft: number % 5 === 0,
      authorId: author.id,
      headRef,
      headSha,
      baseRef: 'main',
      baseSha: template.mainSha,
      createdAt: at(number),
      updatedAt: at(number + 24),
    });
    store.pulls.saveFacts({ repositoryId: id, baseSha: template.mainSha, headSha, ...seededFacts });
    const failed = number % 7 === 0;
    const suite = store.checks.ensureSuite({
      repositoryId: id,
      headSha,
      headBranch: headRef,
      status: 'completed',
      conclusion: failed ? 'failure' : 'success',
      createdAt: at(number),
      updatedAt: at(number),
    });
    store.checks.insertRun({
      checkSuiteId: suite.id,
      repositoryId: id,
      headSha,
      name: 'test',
      status: 'completed',
      conclusion: failed ? 'failure' : 'success',
      startedAt: at(number),
      completedAt: at(number),
    });
  }
}
