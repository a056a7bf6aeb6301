import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandOutcomeSchema, type CommandOutcome, type Envelope } from '@foundry/shared/envelope';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { ActorAddress } from '../../command-loop/catalog.ts';
import { auditLogAddressOf } from '../../command-loop/audit.ts';
import { ActorConnections, UnknownOutcomeError } from '../../command-loop/connections.ts';
import { registeredLoops } from '../../command-loop/registered.ts';
import { testEngineEnvironment } from '../../engine/testing.ts';
import { createLogger } from '../../log.ts';
import { organizationAddress } from '../addresses.ts';
import { allSamples } from './all-samples.ts';
import { normalised } from './dump.ts';
import type { Sample, SampleMessage, SampleScope } from './samples.ts';

/*
 * [CMD-7] Every command of every catalog is stopped before, inside and after each of its steps, by ending the real
 * process, and must then reach the state of an uninterrupted run. Many commands, each with actors of its own, are
 * held at their moment at the same time, so that one kill serves them all.
 */

const recoveryMs = 60_000;
const heldAtOnce = 40;
const moments = ['before', 'inside', 'after'] as const;

interface Scenario {
  readonly kind: string;
  readonly command: string;
  readonly sample: Sample;
  readonly sampleIndex: number;
}

const ipcSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('armed') }),
  z.object({ type: z.literal('reached'), id: z.string() }),
]);

const pool = `kill-${crypto.randomUUID()}`;
let dataDir: string;
let connections: ActorConnections;
let child: ChildProcess;
const reached = new Set<string>();

function newConnections(): ActorConnections {
  const endpoint = testEngineEnvironment(pool)['RIVET_ENDPOINT'] ?? '';
  return new ActorConnections({ endpoint, poolName: pool, log: createLogger('error') });
}

async function startChild(): Promise<void> {
  child = fork(new URL('kill-process.ts', import.meta.url), {
    env: { ...process.env, ...testEngineEnvironment(pool), KILL_TEST_DATA_DIR: dataDir },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message) => {
      const parsed = ipcSchema.parse(message);
      if (parsed.type === 'ready') {
        resolve();
      } else if (parsed.type === 'reached') {
        reached.add(parsed.id);
      }
    });
    child.once('exit', (code) =>
      reject(new Error(`the process under test ended with ${code} before it was ready`)),
    );
  });
  await ready;
}

async function kill(): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function arm(ids: readonly string[]): Promise<void> {
  const answered = once(child, 'message');
  child.send({ armed: ids });
  await answered;
}

/** Polls until `check` gives something; the deadline's error says what was waited for. */
async function until<T>(what: string, deadlineMs: number, check: () => Promise<T | null>): Promise<T> {
  const endAtMs = Date.now() + deadlineMs;
  for (;;) {
    const value = await check();
    if (value !== null) {
      return value;
    }
    if (Date.now() > endAtMs) {
      throw new Error(`waited ${deadlineMs} ms for ${what}`);
    }
    await sleep(50);
  }
}

/** While the process restarts, calls fail; they are simply made again. */
async function call(address: ActorAddress, action: string, args: readonly unknown[]): Promise<unknown> {
  return await until(`${action} of ${address.kind}`, recoveryMs, async () => {
    try {
      return { value: await connections.call(address, action, args, { timeoutMs: 3_000 }) };
    } catch (error) {
      if (error instanceof UnknownOutcomeError) {
        return null;
      }
      throw error;
    }
  }).then(({ value }) => value);
}

let serial = 0;
function newScope(): SampleScope {
  serial += 1;
  const digits = String(Date.now()).slice(-7) + String(serial).padStart(5, '0');
  return {
    organizationId: `7${digits}`,
    repositoryId: `8${digits}`,
    userId: `user-${digits}`,
    taskId: `pr_8${digits}_1`,
    sessionId: `session_${digits}`,
    messageId: `message-${digits}`,
  };
}

async function send(message: SampleMessage, commandId: string): Promise<void> {
  const envelope: Envelope = { commandId, causedBy: null, by: { kind: 'system' }, at: 1 };
  await call(message.address, 'enqueue', [[{ name: message.name, body: message.body, envelope }]]);
}

async function outcomeOf(address: ActorAddress, commandId: string): Promise<CommandOutcome> {
  return await until(`the outcome of ${commandId} at ${address.kind}`, recoveryMs, async () => {
    const answer = await call(address, 'outcome', [commandId]);
    return answer === null ? null : commandOutcomeSchema.parse(answer);
  });
}

function idOf(scenario: Scenario): string {
  return `${scenario.command}/${scenario.sampleIndex}`;
}

async function prepare(scenario: Scenario, scope: SampleScope): Promise<void> {
  for (const [index, message] of (scenario.sample.before?.(scope) ?? []).entries()) {
    await send(message, `${idOf(scenario)}/before/${index}`);
    await outcomeOf(message.address, `${idOf(scenario)}/before/${index}`);
  }
}

function target(scenario: Scenario, scope: SampleScope): ActorAddress {
  const actor = allSamples[scenario.kind];
  if (actor === undefined) {
    throw new Error(`no samples for ${scenario.kind}`);
  }
  return actor.address(scope);
}

async function run(scenario: Scenario, scope: SampleScope): Promise<void> {
  await send(
    { address: target(scenario, scope), name: scenario.command, body: scenario.sample.body(scope) },
    idOf(scenario),
  );
}

async function dumpAll(scenario: Scenario, scope: SampleScope): Promise<unknown> {
  const address = target(scenario, scope);
  const audit = auditLogAddressOf(address.key);
  const observed = [address, ...(audit === null ? [] : [audit]), ...(scenario.sample.observe?.(scope) ?? [])];
  const dumps = await Promise.all(observed.map(async (actor) => [actor.kind, await call(actor, 'dump', [])]));
  return normalised(dumps, { ...scope });
}

/** The state once nothing changes any more and everything that was to be sent has been delivered. */
async function settled(scenario: Scenario, scope: SampleScope): Promise<unknown> {
  let last = '';
  let same = 0;
  return await until(`${idOf(scenario)} to settle`, recoveryMs, async () => {
    const dump = await dumpAll(scenario, scope);
    const text = JSON.stringify(dump);
    same = text === last ? same + 1 : 0;
    last = text;
    return same >= 3 ? dump : null;
  });
}

const scenarios: Scenario[] = registeredLoops().flatMap(({ kind, catalog }) =>
  Object.keys(catalog).flatMap((command) =>
    (allSamples[kind]?.samples[command] ?? []).map((sample, sampleIndex) => ({
      kind,
      command,
      sample,
      sampleIndex,
    })),
  ),
);

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'foundry-kill-'));
  await startChild();
  connections = newConnections();
});

afterAll(async () => {
  await connections.dispose();
  await kill();
  await rm(dataDir, { recursive: true, force: true });
});

test('[CMD-7] every command of every catalog has a sample', () => {
  const missing = registeredLoops().flatMap(({ kind, catalog }) =>
    Object.keys(catalog).filter((command) => (allSamples[kind]?.samples[command] ?? []).length === 0),
  );
  expect(missing).toEqual([]);
});

test('[CMD-7] a command stopped at any moment of any step ends as if it had not been stopped', async () => {
  const reachedBy = (scenario: Scenario, scope: SampleScope, step: string, moment: string): string =>
    `${target(scenario, scope).key.join('/')} ${idOf(scenario)} ${step} ${moment}`;
  const baselines = new Map<string, unknown>();
  const scopes = new Map<string, SampleScope>();
  const held: { scenario: Scenario; step: string; moment: (typeof moments)[number] }[] = [];
  await Promise.all(
    scenarios.map(async (scenario) => {
      const scope = newScope();
      scopes.set(idOf(scenario), scope);
      await prepare(scenario, scope);
      await run(scenario, scope);
      await outcomeOf(target(scenario, scope), idOf(scenario));
      baselines.set(idOf(scenario), await settled(scenario, scope));
    }),
  );
  for (const scenario of scenarios) {
    const scope = scopes.get(idOf(scenario)) ?? newScope();
    const loop = registeredLoops().find(({ kind }) => kind === scenario.kind);
    for (const step of [...(loop?.steps[scenario.command] ?? []), 'reject']) {
      for (const moment of moments.filter((at) => reached.has(reachedBy(scenario, scope, step, at)))) {
        held.push({ scenario, step, moment });
      }
    }
  }
  const unreached = registeredLoops().flatMap(({ steps }) =>
    Object.entries(steps).flatMap(([command, names]) =>
      names
        .filter((step) => !held.some((one) => one.scenario.command === command && one.step === step))
        .map((step) => `${command}/${step}`),
    ),
  );
  expect(unreached).toEqual([]);

  while (held.length > 0) {
    const round = held.splice(0, heldAtOnce).map((one) => ({ ...one, scope: newScope() }));
    for (const one of round) {
      await prepare(one.scenario, one.scope);
    }
    reached.clear();
    const ids = round.map(({ scenario, scope, step, moment }) => reachedBy(scenario, scope, step, moment));
    await arm(ids);
    await Promise.all(round.map(async (one) => await run(one.scenario, one.scope)));
    await until('every step to reach its moment', 30_000, async () =>
      ids.every((id) => reached.has(id)) ? true : null,
    );
    await kill();
    await startChild();
    await Promise.all(
      round.map(async ({ scenario, scope, step, moment }) => {
        await outcomeOf(target(scenario, scope), idOf(scenario));
        const dump = await settled(scenario, scope);
        expect(dump, `${idOf(scenario)} stopped ${moment} ${step}`).toEqual(baselines.get(idOf(scenario)));
      }),
    );
  }
}, 600_000);

test('[CMD-11] an actor whose process died at work goes on without being called', async () => {
  const scope = newScope();
  const address = organizationAddress(scope.organizationId);
  const commandId = crypto.randomUUID();
  const id = `${address.key.join('/')} ${commandId} apply`;
  const own = newConnections();
  const body = { actor: 'a', command: null, step: null, attempt: null, message: 'm', atMs: 1 };
  await arm([`${id} inside`]);
  await own.send(address, 'organization.command.reportRuntimeIssue', body, {
    commandId,
    causedBy: null,
    by: { kind: 'system' },
    at: 1,
  });
  await until('the command to be held', 10_000, async () => (reached.has(`${id} inside`) ? true : null));
  // A client that is still there would call the actor when it connects again.
  await own.dispose();
  await kill();
  reached.clear();
  await startChild();
  await until('the command to go on by itself', recoveryMs, async () =>
    reached.has(`${id} after`) ? true : null,
  );
}, 120_000);
