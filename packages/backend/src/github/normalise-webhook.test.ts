import published from '@octokit/webhooks-examples';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { normaliseWebhook, webhookOrganizationId, WebhookPayloadError } from './normalise-webhook.ts';
import { normalisedWebhookSchema } from './webhook-events.ts';

/** GitHub's own published examples, by event. The package's types do not describe its default export. */
const examples = z
  .array(z.object({ name: z.string(), examples: z.array(z.record(z.string(), z.unknown())) }))
  .parse(published);
const examplesOf = (name: string): Record<string, unknown>[] =>
  examples.find((entry) => entry.name === name)?.examples ?? [];
const withAction = (name: string, action: string): Record<string, unknown> => {
  const found = examplesOf(name);
  // Not every action has an example; those of one event that are used here have the same fields.
  return found.find((example) => example['action'] === action) ?? { ...found[0], action };
};
const eventOf = (name: string, payload: unknown) => normaliseWebhook(name, 'delivery', payload).event;

describe('normaliseWebhook on the published examples', () => {
  test('[R15] every example of every event is reduced to something small that fits the schema', () => {
    let count = 0;
    for (const { name, examples: payloads } of examples) {
      for (const payload of payloads) {
        const normalised = normaliseWebhook(name, 'delivery', payload);
        expect(normalisedWebhookSchema.parse(normalised)).toEqual(normalised);
        expect(JSON.stringify(normalised).length).toBeLessThan(4_000);
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(150);
  });

  test.each([
    ['created', 'active'],
    ['suspend', 'suspended'],
    ['unsuspend', 'active'],
    ['deleted', 'removed'],
  ])('installation.%s makes it %s', (action, status) => {
    const payload = { ...withAction('installation', 'created'), action };
    expect(eventOf('installation', payload)).toMatchObject({
      type: 'installation',
      organization: {
        id: '21031067',
        login: 'Codertocat',
        kind: 'personal',
        installation: { id: '957387', status },
      },
    });
    expect(webhookOrganizationId(payload)).toBe('21031067');
  });

  test('an installation on an enterprise, which has no login, means nothing here', () => {
    const payload = {
      action: 'created',
      installation: { id: 8, account: { id: 2, slug: 'acme-inc', name: 'Acme Inc.' } },
    };
    expect(eventOf('installation', payload)).toEqual({ type: 'ignored' });
  });

  test('installation_repositories: the removed are named, the added need a sync', () => {
    expect(eventOf('installation_repositories', withAction('installation_repositories', 'added'))).toEqual({
      type: 'repositoriesChanged',
      added: [],
      removedIds: [],
      needsSync: true,
    });
    expect(
      eventOf('installation_repositories', withAction('installation_repositories', 'removed')),
    ).toMatchObject({
      removedIds: ['1296269'],
      needsSync: false,
    });
  });

  test('repository: renamed carries the new name, deleted the id', () => {
    expect(eventOf('repository', withAction('repository', 'deleted'))).toMatchObject({
      added: [],
      removedIds: ['186853002'],
    });
    expect(eventOf('repository', withAction('repository', 'renamed'))).toMatchObject({
      type: 'repositoriesChanged',
      added: [{ id: expect.any(String), fullName: expect.stringContaining('/') }],
    });
  });

  test('push: a branch counts, a tag does not', () => {
    const [payload] = examplesOf('push');
    const branch = { ...payload, ref: 'refs/heads/feature/a', after: 'a'.repeat(40), deleted: false };
    expect(eventOf('push', branch)).toEqual({
      type: 'push',
      repositoryId: '186853002',
      branch: 'feature/a',
      headSha: 'a'.repeat(40),
      deleted: false,
    });
    expect(eventOf('push', { ...branch, ref: 'refs/tags/v1' })).toEqual({ type: 'ignored' });
  });

  test.each(['opened', 'synchronize', 'ready_for_review', 'reopened', 'edited', 'converted_to_draft'])(
    'pull_request.%s',
    (action) => {
      const payload = withAction('pull_request', action);
      expect(eventOf('pull_request', payload)).toMatchObject({
        type: 'pullRequest',
        repositoryId: '186853002',
        branch: 'changes',
        pullRequest: { number: 2, state: 'open', fromFork: false, baseBranch: 'master' },
      });
    },
  );

  test('pull_request.closed is closed, or merged when it has a merge time; a fork names its owner', () => {
    const payload = withAction('pull_request', 'closed');
    const pull = payload['pull_request'] as Record<string, unknown>;
    expect(eventOf('pull_request', payload)).toMatchObject({ pullRequest: { state: 'closed' } });
    const merged = { ...payload, pull_request: { ...pull, merged_at: '2026-01-01T00:00:00Z' } };
    expect(eventOf('pull_request', merged)).toMatchObject({ pullRequest: { state: 'merged' } });
    const head = pull['head'] as Record<string, unknown>;
    const fork = { ...payload, pull_request: { ...pull, head: { ...head, repo: { id: 7 } } } };
    expect(eventOf('pull_request', fork)).toMatchObject({
      branch: 'Codertocat:changes',
      pullRequest: { fromFork: true },
    });
    const deletedFork = { ...payload, pull_request: { ...pull, head: { ...head, repo: null, user: null } } };
    expect(eventOf('pull_request', deletedFork)).toMatchObject({ branch: 'unknown:changes' });
  });

  test('reviews and checks name what has to be read', () => {
    expect(eventOf('pull_request_review', withAction('pull_request_review', 'submitted'))).toEqual({
      type: 'review',
      repositoryId: '186853002',
      pullRequestNumber: 2,
    });
    for (const name of ['check_run', 'check_suite']) {
      expect(eventOf(name, examplesOf(name)[0])).toMatchObject({
        type: 'checks',
        repositoryId: '186853002',
        headSha: expect.stringMatching(/^[0-9a-f]{40}$/),
        checks: null,
      });
    }
  });

  test('organization, member, membership', () => {
    expect(eventOf('organization', withAction('organization', 'member_added'))).toMatchObject({
      type: 'membersChanged',
      upserted: [{ login: expect.any(String), role: 'member' }],
    });
    expect(eventOf('organization', withAction('organization', 'member_removed'))).toMatchObject({
      type: 'membersChanged',
      removedGithubIds: [expect.stringMatching(/^\d+$/)],
    });
    for (const name of ['member', 'membership']) {
      expect(eventOf(name, examplesOf(name)[0])).toEqual({
        type: 'accessChanged',
        githubIds: [expect.stringMatching(/^\d+$/)],
      });
    }
  });

  test('unknown events and actions are ignored; a used event without its fields is an error', () => {
    expect(eventOf('star', { action: 'created' })).toEqual({ type: 'ignored' });
    expect(eventOf('organization', { action: 'member_invited' })).toEqual({ type: 'ignored' });
    expect(eventOf('organization', { action: 'deleted' })).toEqual({
      type: 'accessChanged',
      githubIds: null,
    });
    expect(eventOf('team', { action: 'edited' })).toEqual({ type: 'accessChanged', githubIds: null });
    expect(() => eventOf('pull_request', { action: 'opened' })).toThrow(WebhookPayloadError);
    expect(() => eventOf('push', 'no object')).toThrow(WebhookPayloadError);
  });

  test('webhookOrganizationId: the owner of the repository, the organization, or nobody', () => {
    expect(webhookOrganizationId(examplesOf('push')[0])).toBe('21031067');
    expect(webhookOrganizationId(withAction('organization', 'member_added'))).toBe('38302899');
    expect(webhookOrganizationId({ zen: 'Keep it simple' })).toBeNull();
  });
});
