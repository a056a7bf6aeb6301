import { describe, expect, test } from 'vitest';
import {
  decideReviews,
  installationListShape,
  singlePullRequestShape,
  summariseChecks,
  toMergeability,
} from './shapes.ts';

const run = (status: string, conclusion: string | null = null) => ({ name: 'test', status, conclusion });
const person = (id: number) => ({ id, login: `person-${id}` });

describe('summariseChecks', () => {
  test.each([
    [[], { state: 'none', total: 0, failed: 0 }],
    [
      [run('completed', 'success'), run('completed', 'skipped'), run('completed', 'neutral')],
      { state: 'success', total: 3, failed: 0 },
    ],
    [[run('completed', 'success'), run('in_progress')], { state: 'pending', total: 2, failed: 0 }],
    [[run('queued'), run('completed', 'timed_out')], { state: 'failure', total: 2, failed: 1 }],
    [[run('completed', 'cancelled'), run('completed', 'failure')], { state: 'failure', total: 2, failed: 2 }],
  ])('%j', (runs, summary) => {
    expect(summariseChecks(runs)).toEqual(summary);
  });
});

test('an installation on an enterprise beside the others is left out of their list, any other odd one is not', () => {
  const normal = { id: 7, account: { id: 1, login: 'acme', type: 'Organization' }, suspended_at: null };
  const enterprise = {
    id: 8,
    account: { id: 2, slug: 'acme-inc', name: 'Acme Inc.' },
    target_type: 'Enterprise',
  };
  expect(installationListShape.parse([enterprise, normal])).toEqual([normal]);
  expect(installationListShape.safeParse([{ id: 9, account: { id: 3 } }]).success).toBe(false);
});

describe('toMergeability', () => {
  const side = { ref: 'a', sha: 'f00' };
  const pull = (change: object) =>
    singlePullRequestShape.parse({
      number: 1,
      title: 'A change',
      state: 'open',
      html_url: 'https://github.com/acme/shop/pull/1',
      head: side,
      base: side,
      updated_at: '2026-01-05T09:00:00Z',
      ...change,
    });

  test.each([
    [{ mergeable: true }, 'clean'],
    [{ mergeable: false }, 'conflicting'],
    // Not computed yet.
    [{ mergeable: null }, 'unknown'],
    [{}, 'unknown'],
  ])('%j is %s', (change, mergeable) => {
    expect(toMergeability(pull(change))).toEqual({ headSha: 'f00', mergeable });
  });

  test('a closed one has none', () => {
    expect(toMergeability(pull({ state: 'closed', mergeable: null }))).toBe(null);
  });
});

describe('decideReviews', () => {
  const review = (id: number, state: string) => ({ user: person(id), state });

  test("each reviewer's last word counts; a comment takes nothing back, a dismissal does", () => {
    expect(decideReviews([])).toBe('none');
    expect(decideReviews([review(1, 'COMMENTED')])).toBe('none');
    expect(decideReviews([review(1, 'CHANGES_REQUESTED'), review(1, 'APPROVED')])).toBe('approved');
    expect(decideReviews([review(1, 'APPROVED'), review(1, 'COMMENTED')])).toBe('approved');
    expect(decideReviews([review(1, 'APPROVED'), review(1, 'DISMISSED')])).toBe('none');
    expect(decideReviews([{ user: null, state: 'APPROVED' }])).toBe('none');
  });

  test('one request for changes outweighs all approvals', () => {
    expect(decideReviews([review(1, 'CHANGES_REQUESTED'), review(2, 'APPROVED')])).toBe('changes_requested');
  });
});
