import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { auditLogAddress, organizationAddress } from '../actors/addresses.ts';
import { auditLog } from '../actors/audit-log/index.ts';
import { organization } from '../actors/organization/index.ts';
import { startTestRegistry } from '../engine/testing.ts';
import { createLogger } from '../log.ts';
import { ActorConnections, ActorRefusedError } from './connections.ts';
import { systemEnvelope } from './envelopes.ts';
import { provideLoopRuntime } from './runtime.ts';

const log = createLogger('error');
let connections: ActorConnections;
let stop: () => Promise<void>;

beforeAll(async () => {
  const registry = await startTestRegistry({ use: { organization, auditLog } });
  connections = new ActorConnections({ endpoint: registry.endpoint, poolName: registry.pool, log });
  provideLoopRuntime({ connections, log });
  stop = registry.stop;
});
afterAll(async () => {
  await connections.dispose();
  await stop();
});

const report = { actor: 'task a', command: 'c', step: null, attempt: 3, message: 'broke', atMs: 5 };

function newOrganization() {
  return String(Math.floor(Math.random() * 1e12));
}

describe('commandLoop', () => {
  test('[CMD-1] a command is applied, its outcome is stored and its sender gets it', async () => {
    const address = organizationAddress(newOrganization());
    const envelope = systemEnvelope(randomUUID(), null);
    const outcome = await connections.sendAndWait(
      address,
      'organization.command.reportRuntimeIssue',
      report,
      envelope,
      8_000,
    );
    expect(outcome).toMatchObject({ status: 'done', commandId: envelope.commandId, result: null });
    expect(await connections.call(address, 'outcome', [envelope.commandId])).toMatchObject({
      status: 'done',
    });
    expect(await connections.call(address, 'runtimeIssues', [])).toMatchObject([
      { message: 'broke', count: 1 },
    ]);
    expect(await connections.call(address, 'version', [])).toBe(1);
  });

  test('[CMD-2] a repeated commandId is applied once', async () => {
    const address = organizationAddress(newOrganization());
    const envelope = systemEnvelope(randomUUID(), null);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await connections.sendAndWait(
        address,
        'organization.command.reportRuntimeIssue',
        report,
        envelope,
        8_000,
      );
    }
    const messages = Array.from({ length: 10 }, () => ({
      name: 'organization.command.reportRuntimeIssue',
      body: report,
      envelope,
    }));
    await connections.enqueue(address, messages);
    await connections.sendAndWait(
      address,
      'organization.command.reportRuntimeIssue',
      report,
      systemEnvelope(randomUUID(), null),
      8_000,
    );
    expect(await connections.call(address, 'runtimeIssues', [])).toMatchObject([{ count: 2 }]);
  });

  test('[CMD-3] a refused command answers with a typed failure and the loop goes on; sent again, it runs again', async () => {
    const address = organizationAddress(newOrganization());
    const envelope = systemEnvelope(randomUUID(), null);
    const first = await connections.sendAndWait(
      address,
      'organization.command.clearRuntimeIssue',
      { issueId: 'x' },
      envelope,
      8_000,
    );
    expect(first).toMatchObject({ status: 'failed', failure: { code: 'issue_not_found' } });
    await connections.sendAndWait(
      address,
      'organization.command.reportRuntimeIssue',
      report,
      systemEnvelope(randomUUID(), null),
      8_000,
    );
    expect(await connections.call(address, 'runtimeIssues', [])).toHaveLength(1);
  });

  test('[CMD-4] an unknown name and a bad body are refused at the sender', async () => {
    const address = organizationAddress(newOrganization());
    const envelope = systemEnvelope(randomUUID(), null);
    await expect(
      connections.enqueue(address, [{ name: 'organization.command.nope', body: {}, envelope }]),
    ).rejects.toBeInstanceOf(ActorRefusedError);
    await expect(
      connections.enqueue(address, [
        { name: 'organization.command.clearRuntimeIssue', body: { issueId: 4 }, envelope },
      ]),
    ).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test('[CMD-5] what a command sends arrives, once and in order', async () => {
    const id = newOrganization();
    const address = organizationAddress(id);
    const issues = Array.from({ length: 30 }, (_, index) => ({ ...report, command: `c${index}` }));
    await connections.enqueue(
      address,
      issues.map((body) => ({
        name: 'organization.command.reportRuntimeIssue',
        body,
        envelope: systemEnvelope(randomUUID(), null),
      })),
    );
    await vi.waitFor(
      async () => expect(await connections.call(address, 'runtimeIssues', [])).toHaveLength(30),
      10_000,
    );
    const known = (await connections.call(address, 'runtimeIssues', [])) as { id: string }[];
    await connections.enqueue(
      address,
      known.map((issue) => ({
        name: 'organization.command.clearRuntimeIssue',
        body: { issueId: issue.id },
        envelope: systemEnvelope(randomUUID(), null),
      })),
    );
    await vi.waitFor(async () => {
      const entries = (await connections.call(auditLogAddress(id), 'page', [
        { before: null, limit: 100 },
      ])) as { subject: string }[];
      expect(entries.map((entry) => entry.subject).toReversed()).toEqual(known.map((issue) => issue.id));
    }, 10_000);
    expect(await connections.call(address, 'changesSince', [0])).toMatchObject([
      { version: 1 },
      { version: 2 },
    ]);
  });
});
