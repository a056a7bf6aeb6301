import { inspect, isDeepStrictEqual } from 'node:util';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandOutcomeSchema, type Envelope } from '@foundry/shared/envelope';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mapBounded } from '../../parallel.ts';
import { addressText, type ActorAddress } from '../../command-loop/catalog.ts';
import { acquireLock, LockedError } from '../../engine/lock-file.ts';
import { startIsolatedEngine } from '../../engine/testing.ts';
import { registeredLoops } from '../../command-loop/registered.ts';
import { auditLogAddress, organizationAddress } from '../addresses.ts';
import { allSamples } from './all-samples.ts';
import { initialized } from '../task-session/commands.samples.ts';
import { alike, isAtWork, jobCheck, normalised, tablesSchema, workOnItsWay, type Tables } from './dump.ts';
import { commonSessionId, organizationOf } from './fixtures.ts';
import { differenceOf, type Settled } from './kill-difference.ts';
import { idOf, Killable } from './killable.ts';
import { allScenarios, newRun, newScope, sentIdOf, type Run } from './kill-scenarios.ts';
import type { SampleMessage } from './samples.ts';
import { startKillWorld, type KillWorld } from './world.ts';

/*
 * [CMD-7] Every command of every catalog is stopped before, inside and after each of its steps, by ending the real
 * process, and must then reach the state of an uninterrupted run. One run of a command is stopped at all of its moments
 * one after the other, as it comes to them; all commands are held at the same time, so that one kill serves them all.
 */

/**
 * This engine never restarts, which is why it may be quicker than the real one to take a silent process for dead.
 */
const enginePatience = { backendLostMs: 2_000, actorStartMs: 15_000, actorStopMs: 10_000 };

/** Long enough for an actor that is out of reach to be brought back by a new process, and for another one. */
const settleMs = 400_000;
const heldMs = 90_000;
/** Messages that are due later than this are not waited for: repairs and retries, minutes away. */
const soonMs = 40_000;
/** Scenarios at work at once, and runs held at once: more actors than this at a time keep the engine from answering. */
const parallelScenarios = 5;
const heldAtOnce = 30;
const settlePollMs = 200;
const reachPollMs = 200;
/** Readings in a row that are equal to the first. */
const settledReads = 2;
/** How long an interrupted run may differ from an uninterrupted one before it counts as another end. */
const differenceMs = 120_000;
const testMs = 1_500_000;
/** How long others of this machine may take with the same test, and how often it is asked. */
const turnMs = 2_700_000;
const turnPollMs = 500;

function envelopeOf(commandId: string): Envelope {
  return { commandId, causedBy: null, by: { kind: 'system' }, at: 1 };
}

class KillTest {
  readonly killable: Killable;
  readonly world: KillWorld;

  constructor(killable: Killable, world: KillWorld) {
    this.killable = killable;
    this.world = world;
  }

  async #send(message: SampleMessage, commandId: string): Promise<void> {
    await this.killable.call(message.address, 'enqueue', [
      [{ name: message.name, body: message.body, envelope: envelopeOf(commandId) }],
    ]);
  }

  async #outcome(address: ActorAddress, commandId: string): Promise<unknown> {
    return await this.world.until(`the outcome of ${commandId} at ${address.kind}`, settleMs, async () => {
      const answer = await this.killable.call(address, 'outcome', [commandId]);
      return answer === null ? null : commandOutcomeSchema.parse(answer);
    });
  }

  async prepare(run: Run): Promise<void> {
    const { scenario, scope } = run;
    const steps = scenario.sample.before?.(scope, this.world) ?? [];
    for (const [index, step] of steps.entries()) {
      const commandId = `${sentIdOf(scenario, scope)}/before/${index}`;
      if (typeof step === 'function') {
        await step();
      } else if ('together' in step) {
        const [first] = step.together;
        const messages = step.together.map(({ name, body }, position) => ({
          name,
          body,
          envelope: envelopeOf(`${commandId}/${position}`),
        }));
        if (first !== undefined) {
          await this.killable.call(first.address, 'enqueue', [messages]);
          await this.#outcome(first.address, `${commandId}/${messages.length - 1}`);
        }
      } else {
        await this.#send(step, commandId);
        await this.#outcome(step.address, commandId);
      }
    }
    if (steps.length > 0) {
      await this.#quiet(run);
    }
  }

  async begin(run: Run): Promise<void> {
    const { scenario, scope, target } = run;
    const { follows } = scenario.sample;
    run.started = true;
    const message = follows?.from(scope, this.world) ?? {
      address: target,
      name: scenario.command,
      body: await scenario.sample.body(scope, this.world),
    };
    await this.#send(message, sentIdOf(scenario, scope));
  }

  /** Everybody of the scenario's own who was sent something, as far as it is known. */
  #involved({ scope, target }: Run): ActorAddress[] {
    return [target, ...this.killable.addressed.values()].filter((address) =>
      addressText(address).includes(scope.digits),
    );
  }

  async #tablesOf(address: ActorAddress): Promise<Tables> {
    return tablesSchema.parse(await this.killable.call(address, 'dump', []));
  }

  /** Until nothing that the preparation set off is on its way any more: the command itself must not race with it. */
  async #quiet(run: Run): Promise<void> {
    await this.world.until(`${run.scenario.name} to be quiet`, settleMs, async () => {
      for (const address of this.#involved(run)) {
        if (workOnItsWay(await this.#tablesOf(address), run.scope.digits, { shared: false, soonMs: 0 })) {
          return null;
        }
      }
      return true;
    });
  }

  /** The state once nothing changes any more and everything that was to be sent has been delivered. */
  async settled(run: Run, expected: Settled | null): Promise<Settled> {
    const { scenario, scope, target } = run;
    const observed = [
      target,
      ...(scenario.sample.observe?.(scope) ?? []),
      ...(allSamples[scenario.kind]?.ownOrganization === true ? [] : [auditLogAddress(scope.organizationId)]),
    ];
    await this.#outcome(target, run.commandId);
    let last = '';
    let same = 0;
    let blocking = '';
    const endAtMs = Date.now() + differenceMs;
    const actors = await this.world.until(
      () => `${scenario.name} to settle, held up by ${blocking}`,
      settleMs,
      async () => {
        blocking = '';
        const dumps: Settled['actors'] = {};
        const seen = new Set<string>();
        for (const address of [...observed, ...this.#involved(run)]) {
          const text = addressText(address);
          if (seen.has(text)) {
            continue;
          }
          seen.add(text);
          const tables = await this.#tablesOf(address);
          const shared = !text.includes(scope.digits);
          const work =
            workOnItsWay(tables, scope.digits, { shared, soonMs }) ??
            (isAtWork(tables) ? 'jobs, turn' : null);
          blocking ||= work === null ? '' : `${text}: ${work}`;
          if (observed.some((one) => addressText(one) === text)) {
            dumps[alike(text, scope.digits)] = normalised(tables, scope.digits, {
              shared,
              jobChecks: scenario.command === jobCheck,
            });
          }
        }
        const text = JSON.stringify(dumps);
        same = text === last && blocking === '' ? same + 1 : 0;
        last = text;
        // An interrupted run may have looked as if it were done before what was lost is made up for.
        const isEnd = expected === null || Date.now() > endAtMs || isDeepStrictEqual(dumps, expected.actors);
        return same >= settledReads && isEnd ? dumps : null;
      },
      settlePollMs,
    );
    const witness = (await scenario.sample.witness?.(scope, this.world)) ?? null;
    return { actors, outside: JSON.parse(alike(JSON.stringify(witness), scope.digits)) as unknown };
  }

  /** The runs to begin now, those with most moments first: together with those under way no more than may be held. */
  startable(runs: readonly Run[]): Run[] {
    const room = heldAtOnce - runs.filter((run) => run.started && !run.ended).length;
    return runs
      .filter((run) => !run.started)
      .toSorted((left, right) => right.plan.length - left.plan.length)
      .slice(0, room);
  }

  /** Holds every run at its next moment, ends the process, starts it anew; again until no moment is left. */
  async stopEverywhere(runs: readonly Run[]): Promise<void> {
    for (;;) {
      const fresh = this.startable(runs);
      const under = [...runs.filter((run) => run.started && !run.ended), ...fresh];
      if (under.length === 0) {
        return;
      }
      await this.killable.arm(under.flatMap((run) => run.plan.slice(0, 1).map(idOf)));
      await Promise.all([
        ...under.filter((run) => run.started).map(async (run) => await this.#reach(run)),
        mapBounded(fresh, parallelScenarios, async (run) => {
          await this.begin(run);
          await this.#reach(run);
        }),
      ]);
      await this.killable.kill();
      for (const run of under) {
        run.plan.shift();
        run.ended = run.plan.length === 0;
      }
      // Whatever is under way is held at its next moment; what ended goes on without being stopped.
      await this.killable.start(under.flatMap((run) => run.plan.slice(0, 1).map(idOf)));
    }
  }

  /** Wakes the run's actor until it is held. */
  async #reach({ target, plan: [next] }: Run): Promise<void> {
    if (next === undefined) {
      return;
    }
    const id = idOf(next);
    const endAtMs = Date.now() + heldMs;
    while (!this.killable.hasReached(id)) {
      if (Date.now() > endAtMs) {
        throw new Error(`not reached within ${heldMs} ms: ${id}\n${await this.killable.describe(target)}`);
      }
      const poked = this.killable.poke(target).then(() => true);
      // Held, an actor does not answer any more: that it is held is heard from the process.
      while (!this.killable.hasReached(id) && !(await Promise.race([poked, sleep(reachPollMs, false)]))) {
        // Neither held nor awake yet.
      }
      await sleep(reachPollMs);
    }
  }
}

/** With an engine, an outside and a process of its own, so that a second try does not begin where the first one failed. */
async function withKillTest(work: (harness: KillTest) => Promise<void>): Promise<void> {
  const engine = await startIsolatedEngine({ patience: enginePatience });
  let world: KillWorld | null = null;
  const killable = new Killable(engine.endpoint, () => world?.environment() ?? {});
  try {
    world = await startKillWorld(async (address, action, args) => await killable.call(address, action, args));
    await killable.start();
    await world.agentsPlace();
    const common = { ...newScope(false), sessionId: commonSessionId };
    await world.send(initialized(common), 'common session');
    await world.send(
      {
        address: organizationAddress(common.organizationId),
        name: 'organization.command.applyInstallation',
        body: { organization: organizationOf(common) },
      },
      'common organization',
    );
    await work(new KillTest(killable, world));
  } catch (error) {
    // Of a try that is repeated nothing else remains.
    process.stdout.write(`kill test: ends early, after ${killable.kills} kills: ${inspect(error)}\n`);
    throw error;
  } finally {
    await killable.dispose();
    await world?.stop();
    await engine.stop();
    await killable.disposeConnections();
  }
}

/** Two of these at once on one machine starve each other's engines. */
async function turnOfThisRun(): Promise<() => void> {
  for (;;) {
    try {
      return await acquireLock(join(tmpdir(), 'foundry-kill-test.lock'));
    } catch (error) {
      if (!(error instanceof LockedError)) {
        throw error;
      }
      await sleep(turnPollMs);
    }
  }
}

/** Declares the test. */
export function testKills(): void {
  let endTurn: (() => void) | null = null;
  beforeAll(async () => {
    endTurn = await turnOfThisRun();
  }, turnMs);
  afterAll(() => endTurn?.());

  test(
    '[CMD-7] a command stopped at every moment of every step ends as if it had not been stopped',
    async () => {
      await withKillTest(stopEveryCommand);
    },
    testMs,
  );
}

async function stopEveryCommand(harness: KillTest): Promise<void> {
  const startedAtMs = Date.now();
  const scenarios = allScenarios();
  const calm = scenarios.map((scenario) => newRun(scenario));
  const stopped = scenarios.map((scenario) => newRun(scenario));
  const expected = await mapBounded(calm, parallelScenarios, async (run) => {
    await harness.prepare(run);
    await harness.begin(run);
    return await harness.settled(run, null);
  });
  const calmAtMs = Date.now();
  await mapBounded(stopped, parallelScenarios, async (run) => await harness.prepare(run));
  const preparedAtMs = Date.now();
  const moments = harness.killable.reached;
  for (const [index, run] of stopped.entries()) {
    const model = calm[index];
    const seen = new Set<string>();
    run.plan = moments
      .filter(
        ({ actor, commandId }) => actor === model?.target.key.join('/') && commandId === model.commandId,
      )
      .map((moment) => ({ ...moment, actor: run.target.key.join('/'), commandId: run.commandId }))
      .filter((moment) => !seen.has(idOf(moment)) && seen.add(idOf(moment)));
  }
  expectEveryStepReached(stopped);
  const held = stopped.reduce((sum, { plan }) => sum + plan.length, 0);

  await harness.stopEverywhere(stopped);
  const stoppedAtMs = Date.now();
  const found = await mapBounded([...stopped.entries()], parallelScenarios, async ([index, run]) => {
    return await harness.settled(run, expected[index] ?? null);
  });
  for (const [index, { name }] of scenarios.entries()) {
    const difference = differenceOf(expected[index], found[index]);
    // Told at once: of a try that is repeated nothing else remains.
    if (difference !== '') process.stdout.write(`kill test: ${name} ends otherwise:\n${difference}\n`);
    expect.soft(found[index], name).toEqual(expected[index]);
  }
  const seconds = (from: number, to: number): string => `${((to - from) / 1_000).toFixed(1)} s`;
  process.stdout.write(
    `kill test: ${scenarios.length} samples, ${held} moments held, ` +
      `${harness.killable.kills} kills, ${harness.killable.losses} losses; ` +
      `uninterrupted in ${seconds(startedAtMs, calmAtMs)}, prepared in ${seconds(calmAtMs, preparedAtMs)}, ` +
      `interrupted in ${seconds(preparedAtMs, stoppedAtMs)}, settled in ${seconds(stoppedAtMs, Date.now())}\n`,
  );
}

function expectEveryStepReached(runs: readonly Run[]): void {
  if (process.env['KILL_TEST_ONLY'] !== undefined) {
    return;
  }
  const unreached = registeredLoops().flatMap(({ steps }) =>
    Object.entries(steps).flatMap(([command, names]) =>
      names
        .filter(
          (step) =>
            !runs.some(
              ({ scenario, plan }) =>
                scenario.command === command && plan.some((moment) => moment.step === step),
            ),
        )
        .map((step) => `${command}/${step}`),
    ),
  );
  expect(unreached).toEqual([]);
}
