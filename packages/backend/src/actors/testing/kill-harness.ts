import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandOutcomeSchema, type Envelope } from '@foundry/shared/envelope';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mapBounded } from '../../auth/parallel.ts';
import { addressText, type ActorAddress } from '../../command-loop/catalog.ts';
import { startIsolatedEngine } from '../../engine/testing.ts';
import { registeredLoops } from '../../command-loop/registered.ts';
import { auditLogAddress, organizationAddress } from '../addresses.ts';
import { allSamples, type KillGroup } from './all-samples.ts';
import { initialized } from '../task-session/commands.samples.ts';
import { alike, isBusy, normalised, tablesSchema } from './dump.ts';
import { commonSessionId, organizationOf } from './fixtures.ts';
import { idOf, Killable, type Reached } from './killable.ts';
import type { Sample, SampleMessage, SampleScope } from './samples.ts';
import { startKillWorld, type KillWorld } from './world.ts';

/*
 * [CMD-7] Every command of every catalog is stopped before, inside and after each of its steps, by ending the real
 * process, and must then reach the state of an uninterrupted run. One run of a command is stopped at all of its moments
 * one after the other, as it comes to them; all commands of a group are held at the same time, so that one kill serves
 * them all.
 */

const settleMs = 90_000;
const heldMs = 60_000;
/** Messages that are due later than this are not waited for: repairs and retries, minutes away. */
const soonMs = 40_000;
const parallelPreparations = 6;
const parallelReads = 30;
const settlePollMs = 200;
/** Equal readings in a row. */
const settledReads = 4;
/** How long an interrupted run may differ from an uninterrupted one before it counts as another end. */
const differenceMs = 45_000;

interface Scenario {
  readonly kind: string;
  readonly command: string;
  readonly name: string;
  readonly sample: Sample;
}

/** What a scenario ends with. */
interface Settled {
  readonly actors: Record<string, unknown>;
  readonly outside: unknown;
}

/** One run of a scenario, in a scope of its own. */
interface Run {
  readonly scenario: Scenario;
  readonly scope: SampleScope;
  readonly target: ActorAddress;
  readonly commandId: string;
  /** Moments still to be stopped at. */
  plan: Reached[];
  started: boolean;
  ended: boolean;
}

const sharedOrganization = `7${String(Date.now()).slice(-7)}99999`;
let serial = (process.pid % 300) * 100;

function newScope(ownOrganization: boolean): SampleScope {
  serial += 1;
  const digits = String(Date.now()).slice(-7) + String(serial).padStart(5, '0');
  return {
    digits,
    organizationId: ownOrganization ? `7${digits}` : sharedOrganization,
    repositoryId: ownOrganization ? `8${digits}` : '40001',
    installationId: ownOrganization ? `6${digits}` : '1',
    userId: `user-${digits}`,
    login: ownOrganization ? `own-${digits}` : 'acme',
    taskId: `pr_8${digits}_1`,
    sessionId: `session_${digits}`,
    messageId: `message-${digits}`,
    branch: `kill/${digits}`,
  };
}

function scenariosOf(group: KillGroup): Scenario[] {
  // For whoever looks for a fault: only the commands whose name matches this.
  const only = new RegExp(process.env['KILL_TEST_ONLY'] ?? '');
  return registeredLoops().flatMap(({ kind, catalog }) =>
    allSamples[kind]?.group !== group
      ? []
      : Object.keys(catalog)
          .filter((command) => only.test(command))
          .flatMap((command) =>
            (allSamples[kind]?.samples[command] ?? []).map((sample, index) => ({
              kind,
              command,
              name: `${command}/${index}`,
              sample,
            })),
          ),
  );
}

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

  newRun(scenario: Scenario): Run {
    const actor = allSamples[scenario.kind];
    if (actor === undefined) {
      throw new Error(`no samples for ${scenario.kind}`);
    }
    const scope = newScope(actor.ownOrganization);
    const sentId = this.#sentId(scenario, scope);
    const commandId = scenario.sample.follows?.commandId(sentId, scope) ?? sentId;
    const target = actor.address(scope);
    return { scenario, scope, target, commandId, plan: [], started: false, ended: false };
  }

  #sentId({ name }: Scenario, { digits }: SampleScope): string {
    return `${name}/${digits}`;
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

  async prepare({ scenario, scope }: Run): Promise<void> {
    const steps = scenario.sample.before?.(scope, this.world) ?? [];
    for (const [index, step] of steps.entries()) {
      const commandId = `${this.#sentId(scenario, scope)}/before/${index}`;
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
    await this.#send(message, this.#sentId(scenario, scope));
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
        let busy = false;
        const dumps: Record<string, unknown> = {};
        for (const address of observed) {
          const tables = tablesSchema.parse(await this.killable.call(address, 'dump', []));
          const shared = !addressText(address).includes(scope.digits);
          busy ||= !shared && isBusy(tables, Date.now(), soonMs);
          blocking = busy
            ? JSON.stringify([tables['outbox'], tables['jobs'], tables['turn']]).slice(0, 1_000)
            : 'changes';
          dumps[alike(addressText(address), scope.digits)] = normalised(tables, scope.digits, shared);
        }
        const text = JSON.stringify(dumps);
        same = text === last && !busy ? same + 1 : 0;
        last = text;
        // What an actor that others share still has to send is not seen here: the uninterrupted end is waited for.
        const isEnd = expected === null || Date.now() > endAtMs || isDeepStrictEqual(dumps, expected.actors);
        return same >= settledReads && isEnd ? dumps : null;
      },
      settlePollMs,
    );
    const witness = (await scenario.sample.witness?.(scope, this.world)) ?? null;
    return { actors, outside: JSON.parse(alike(JSON.stringify(witness), scope.digits)) as unknown };
  }

  /** Starts every run whose actor no other run is using: a held step holds its actor. */
  startable(runs: readonly Run[]): Run[] {
    const taken = new Set(
      runs.filter((run) => run.started && !run.ended).map(({ target }) => addressText(target)),
    );
    return runs.filter((run) => {
      const text = addressText(run.target);
      const free = !run.started && !taken.has(text);
      if (free) {
        taken.add(text);
      }
      return free;
    });
  }

  /** Holds every run at its next moment, ends the process, starts it anew; again until no moment is left. */
  async stopEverywhere(runs: readonly Run[]): Promise<void> {
    for (;;) {
      const fresh = this.startable(runs);
      const under = [...runs.filter((run) => run.started && !run.ended), ...fresh];
      if (under.length === 0) {
        return;
      }
      const armed = under.flatMap((run) => run.plan.slice(0, 1).map(idOf));
      await this.killable.arm(armed);
      await mapBounded(fresh, parallelPreparations, async (run) => await this.begin(run));
      await this.#reach(under);
      await this.killable.kill();
      for (const run of under) {
        run.plan.shift();
        run.ended = run.plan.length === 0;
      }
      // Whatever is under way is held at its next moment; what ended goes on without being stopped.
      await this.killable.start(under.flatMap((run) => run.plan.slice(0, 1).map(idOf)));
    }
  }

  async #reach(under: readonly Run[]): Promise<void> {
    const missing = (): Run[] =>
      under.filter(({ plan: [next] }) => next !== undefined && !this.killable.hasReached(idOf(next)));
    const endAtMs = Date.now() + heldMs;
    for (let left = missing(); left.length > 0; left = missing()) {
      if (Date.now() > endAtMs) {
        throw new Error(
          `not reached within ${heldMs} ms: ${left.flatMap(({ plan }) => plan.slice(0, 1).map(idOf)).join(', ')}`,
        );
      }
      await Promise.all([sleep(100), ...left.map(async ({ target }) => await this.killable.poke(target))]);
    }
  }
}

/** Declares the tests of one group of actors. */
export function testKills(group: KillGroup): void {
  let harness: KillTest;

  let engine: Awaited<ReturnType<typeof startIsolatedEngine>> | null = null;
  beforeAll(async () => {
    let world: KillWorld | null = null;
    engine = await startIsolatedEngine();
    const killable = new Killable(engine.endpoint, () => world?.environment() ?? {});
    world = await startKillWorld(async (address, action, args) => await killable.call(address, action, args));
    await killable.start();
    if (group !== 'accounts') {
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
    }
    harness = new KillTest(killable, world);
  });

  afterAll(async () => {
    await harness.killable.dispose();
    await harness.world.stop();
    await engine?.stop();
  });

  test(`[CMD-7] a command of ${group} stopped at every moment of every step ends as if it had not been stopped`, async () => {
    const startedAtMs = Date.now();
    const scenarios = scenariosOf(group);
    const calm = scenarios.map((scenario) => harness.newRun(scenario));
    const stopped = scenarios.map((scenario) => harness.newRun(scenario));
    await mapBounded([...calm, ...stopped], parallelPreparations, async (run) => await harness.prepare(run));
    const preparedAtMs = Date.now();
    await mapBounded(calm, parallelPreparations, async (run) => await harness.begin(run));
    const expected = await mapBounded(calm, parallelReads, async (run) => await harness.settled(run, null));
    const calmAtMs = Date.now();
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
    expectEveryStepReached(group, stopped);
    const held = stopped.reduce((sum, { plan }) => sum + plan.length, 0);

    await harness.stopEverywhere(stopped);
    const stoppedAtMs = Date.now();
    const found = await mapBounded([...stopped.entries()], parallelReads, async ([index, run]) => {
      return await harness.settled(run, expected[index] ?? null);
    });
    for (const [index, { name }] of scenarios.entries()) {
      expect.soft(found[index], name).toEqual(expected[index]);
    }
    const seconds = (from: number, to: number): string => `${((to - from) / 1_000).toFixed(1)} s`;
    process.stdout.write(
      `kill test of ${group}: ${scenarios.length} samples, ${held} moments held, ${harness.killable.kills} kills; ` +
        `prepared in ${seconds(startedAtMs, preparedAtMs)}, uninterrupted in ${seconds(preparedAtMs, calmAtMs)}, ` +
        `interrupted in ${seconds(calmAtMs, stoppedAtMs)}, settled in ${seconds(stoppedAtMs, Date.now())}\n`,
    );
  }, 400_000);
}

function expectEveryStepReached(group: KillGroup, runs: readonly Run[]): void {
  if (process.env['KILL_TEST_ONLY'] !== undefined) {
    return;
  }
  const unreached = registeredLoops()
    .filter(({ kind }) => allSamples[kind]?.group === group)
    .flatMap(({ steps }) =>
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
