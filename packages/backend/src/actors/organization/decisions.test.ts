import type { Organization, Repository } from '@foundry/shared/entities';
import { createTaskRequestSchema } from '@foundry/shared/requests';
import { describe, expect, test } from 'vitest';
import { CommandError } from '../../command-loop/errors.ts';
import type { BranchesOnGitHub } from '../github-data/commands.ts';
import { branchesFromTitle, decideNewTask, freeBranch, titleFromPrompt } from './decisions.ts';

const organization: Organization = {
  id: '1',
  login: 'acme',
  kind: 'organization',
  name: null,
  avatarUrl: null,
  installation: { id: '9', status: 'active' },
};
const repository: Repository = {
  id: '2',
  name: 'shop',
  fullName: 'acme/shop',
  private: true,
  archived: false,
  description: null,
  defaultBranch: 'main',
  htmlUrl: 'https://github.com/acme/shop',
  pushedAtMs: null,
};
const nothingLikeIt: BranchesOnGitHub = { branches: [], baseExists: null };
const state = { organization, repository, takenBranches: [] as string[], gitHub: nothingLikeIt };

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof CommandError) return error.failure.code;
    throw error;
  }
  return 'none';
}

describe('titles and branches', () => {
  test.each([
    ['Fix the login', 'Fix the login'],
    ['\n\n## **Fix**   the\tlogin\nmore', 'Fix** the login'],
    ['---\n```\n', 'New task'],
    ['', 'New task'],
    [undefined, 'New task'],
  ])('%j is titled %j', (prompt, title) => {
    expect(titleFromPrompt(prompt)).toBe(title);
  });

  test('a long first line is cut between words, a long word inside, an emoji never', () => {
    const words = titleFromPrompt('word '.repeat(40));
    expect(words).toMatch(/^(word )+word…$/);
    expect(Array.from(titleFromPrompt('😀a'.repeat(200))).length).toBe(80);
    expect(titleFromPrompt('x'.repeat(300))).toHaveLength(80);
  });

  test.each([
    ['Fix the Löwe!', 'foundry/fix-the-lowe'],
    ['日本語', 'foundry/task'],
    ['a'.repeat(49) + ' b', `foundry/${'a'.repeat(49)}`],
  ])('%j goes to %j, a name git accepts', (title, branch) => {
    expect(branchesFromTitle(title)[0]).toBe(branch);
    expect(createTaskRequestSchema.safeParse({ repositoryId: '1', branch }).success).toBe(true);
  });

  test('a taken name gets the next free number', () => {
    expect(freeBranch(['foundry/a'], ['foundry/b'])).toBe('foundry/a');
    expect(freeBranch(['foundry/a'], ['foundry/a', 'foundry/a-2'])).toBe('foundry/a-3');
    expect(freeBranch(['foundry/a'], ['foundry/a/b'])).toBe('foundry/a-2');
    expect(refusal(() => freeBranch(['foundry/a'], ['foundry']))).toBe('branch_taken');
  });

  test('beside a branch that is named like the folder of all others, a derived name does without the folder', () => {
    expect(freeBranch(branchesFromTitle('Add a cart'), ['foundry'])).toBe('foundry-add-a-cart');
    expect(freeBranch(branchesFromTitle('Add a cart'), ['foundry', 'foundry-add-a-cart'])).toBe(
      'foundry-add-a-cart-2',
    );
  });
});

describe('[R11] decideNewTask', () => {
  test('names everything that was left out', () => {
    expect(decideNewTask(state, { prompt: 'Add a cart\nwith items' })).toEqual({
      title: 'Add a cart',
      branch: 'foundry/add-a-cart',
      baseBranch: 'main',
    });
  });

  test('keeps what was given', () => {
    const given = { title: 'T', branch: 'my/branch', baseBranch: 'release' };
    expect(decideNewTask(state, { ...given, prompt: 'other' })).toEqual(given);
  });

  test('makes a derived branch unique, refuses a given one that is taken', () => {
    const taken = { ...state, takenBranches: ['foundry/add-a-cart', 'x/y'] };
    expect(decideNewTask(taken, { title: 'Add a cart' }).branch).toBe('foundry/add-a-cart-2');
    expect(refusal(() => decideNewTask(taken, { branch: 'foundry/add-a-cart' }))).toBe('branch_taken');
    expect(refusal(() => decideNewTask(taken, { branch: 'x' }))).toBe('branch_taken');
    expect(refusal(() => decideNewTask(taken, { branch: 'x/y/z' }))).toBe('branch_taken');
    expect(refusal(() => decideNewTask(taken, { branch: 'main' }))).toBe('branch_is_base');
    expect(refusal(() => decideNewTask(taken, { branch: 'a', baseBranch: 'a' }))).toBe('branch_is_base');
  });

  test('a name that GitHub has is not taken over: a derived one gets a number, a given one a question', () => {
    const gitHub = { branches: ['foundry/add-a-cart', 'fix/login', 'fix/login-2'], baseExists: null };
    const asked = { ...state, gitHub };
    expect(decideNewTask(asked, { title: 'Add a cart' }).branch).toBe('foundry/add-a-cart-2');
    expect(refusal(() => decideNewTask(asked, { branch: 'fix/login' }))).toBe('branch_exists');
    expect(() => decideNewTask(asked, { branch: 'fix/login' })).toThrow('or take fix/login-3, which is free');
    expect(decideNewTask(asked, { branch: 'fix/login', existingBranch: 'use' }).branch).toBe('fix/login');
    expect(decideNewTask(asked, { branch: 'fix/login', existingBranch: 'next' }).branch).toBe('fix/login-3');
  });

  test('a name that cannot exist beside a branch on GitHub is refused, whatever was answered', () => {
    const asked = { ...state, gitHub: { branches: ['fix', 'docs/a'], baseExists: null } };
    expect(refusal(() => decideNewTask(asked, { branch: 'fix/login' }))).toBe('branch_taken');
    expect(refusal(() => decideNewTask(asked, { branch: 'fix/login', existingBranch: 'use' }))).toBe(
      'branch_taken',
    );
    expect(refusal(() => decideNewTask(asked, { branch: 'docs' }))).toBe('branch_taken');
  });

  test('a base that GitHub does not have is refused before any work', () => {
    const gitHub = { branches: [], baseExists: false };
    expect(refusal(() => decideNewTask({ ...state, gitHub }, { baseBranch: 'gone' }))).toBe(
      'base_branch_not_found',
    );
    expect(refusal(() => decideNewTask({ ...state, gitHub: null }, {}))).toBe('repository_not_found');
  });

  test('refuses where no work is possible', () => {
    expect(refusal(() => decideNewTask({ ...state, repository: null }, {}))).toBe('repository_not_found');
    expect(refusal(() => decideNewTask({ ...state, organization: null }, {}))).toBe('repository_not_found');
    const archived = { ...repository, archived: true };
    expect(refusal(() => decideNewTask({ ...state, repository: archived }, {}))).toBe('repository_archived');
    const suspended: Organization = { ...organization, installation: { id: '9', status: 'suspended' } };
    expect(refusal(() => decideNewTask({ ...state, organization: suspended }, {}))).toBe(
      'installation_inactive',
    );
    const none: Organization = { ...organization, installation: null };
    expect(refusal(() => decideNewTask({ ...state, organization: none }, {}))).toBe('installation_inactive');
  });
});
