import type { ActorAddress } from '../../command-loop/catalog.ts';
import { registeredLoops } from '../../command-loop/registered.ts';
import { allSamples } from './all-samples.ts';
import type { Reached } from './killable.ts';
import type { Sample, SampleScope } from './samples.ts';

/** One sample of one command. */
export interface Scenario {
  readonly kind: string;
  readonly command: string;
  readonly name: string;
  readonly sample: Sample;
}

/** One run of a scenario, in a scope of its own. */
export interface Run {
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

/** Ids that nobody else has. @param ownOrganization whether the organization is among them. */
export function newScope(ownOrganization: boolean): SampleScope {
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

export function allScenarios(): Scenario[] {
  // For whoever looks for a fault: only the commands whose name matches this.
  const only = new RegExp(process.env['KILL_TEST_ONLY'] ?? '');
  return registeredLoops().flatMap(({ kind, catalog }) =>
    Object.keys(catalog)
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

/** The id of the command that is sent: of the scenario's own, or of the one that it follows from. */
export function sentIdOf({ name }: Scenario, { digits }: SampleScope): string {
  return `${name}/${digits}`;
}

export function newRun(scenario: Scenario): Run {
  const actor = allSamples[scenario.kind];
  if (actor === undefined) {
    throw new Error(`no samples for ${scenario.kind}`);
  }
  const scope = newScope(actor.ownOrganization);
  const sentId = sentIdOf(scenario, scope);
  const commandId = scenario.sample.follows?.commandId(sentId, scope) ?? sentId;
  const target = actor.address(scope);
  return { scenario, scope, target, commandId, plan: [], started: false, ended: false };
}
