import { z } from 'zod';
import {
  effect,
  Finish,
  transaction,
  type CommandHandler,
  type RunningCommand,
} from '../../../command-loop/handlers.ts';
import { withGitHubWaits } from '../../../github/retry-policy.ts';
import { gitHubLimits } from '../../../limits.ts';
import * as repository from '../db/repository.ts';
import { deliveriesToRepeat, type DeliveryAttempt } from '../decisions.ts';
import { gitHub, self } from './github.ts';
import type { GitHubDataInput } from './inputs.ts';

type Input = GitHubDataInput<'repairDeliveries'>;

const deliveriesShape = z.array(
  z.object({
    id: z.number().int(),
    guid: z.string(),
    delivered_at: z.string(),
    status_code: z.number().int(),
    installation_id: z.number().int().nullish(),
  }),
);
type Deliveries = z.output<typeof deliveriesShape>;

/** Schedules the next run first: no failure of this one ends the chain. */
const begin = transaction('begin', async (t, { input }: RunningCommand<Input>) => {
  const installation = await repository.readInstallation(t.tx);
  if (installation === null || installation.status !== 'active' || installation.tick !== input.tick) {
    return new Finish(null);
  }
  // A new name for the rest of the chain: should this message have a twin, the twin ends here.
  const tick = Math.max(t.nowMs, input.tick + 1);
  await repository.setTick(t.tx, tick);
  t.send(
    self(t.key),
    'githubData.command.repairDeliveries',
    { tick },
    { delayMs: gitHubLimits.repairIntervalMs },
  );
  const sync = await repository.readSync(t.tx);
  if (sync === null || (sync.finishedAtMs ?? sync.progressAtMs) + gitHubLimits.resyncIntervalMs < t.nowMs) {
    t.send(self(t.key), 'githubData.command.startSync', { reason: 'periodic', installationId: null });
  }
  return {
    installationId: installation.installationId,
    // Deliveries of the last interval may still have been on their way when it was checked.
    sinceMs: installation.deliveriesCheckedAtMs - 2 * gitHubLimits.repairIntervalMs,
    startedAtMs: t.nowMs,
  };
});

const repair = effect('redeliver', async ({ signal }, command: RunningCommand<Input>) => {
  const begun = command.resultOf(begin);
  if (begun instanceof Finish) {
    return { redelivered: 0 };
  }
  return await withGitHubWaits(command.envelope.at, async () => {
    const api = gitHub().asApp();
    const attempts: DeliveryAttempt[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < gitHubLimits.deliveryPagesPerRepair; page += 1) {
      const deliveries: { data: Deliveries; next: string | null } | null = await readPage(cursor);
      if (deliveries === null) {
        break;
      }
      const recent = deliveries.data.filter(({ delivered_at }) => Date.parse(delivered_at) >= begun.sinceMs);
      attempts.push(
        ...recent.map((delivery) => ({
          id: delivery.id,
          guid: delivery.guid,
          statusCode: delivery.status_code,
          installationId:
            typeof delivery.installation_id === 'number' ? String(delivery.installation_id) : null,
        })),
      );
      cursor = deliveries.next;
      if (cursor === null || recent.length < deliveries.data.length) {
        break;
      }
    }
    const ids = deliveriesToRepeat(attempts, begun.installationId, {
      attempts: gitHubLimits.attemptsPerDelivery,
      deliveries: gitHubLimits.redeliveriesPerRepair,
    });
    for (const id of ids) {
      await api.send('POST /app/hook/deliveries/{delivery_id}/attempts', { delivery_id: id }, z.unknown(), {
        signal,
      });
    }
    return { redelivered: ids.length };

    async function readPage(from: string | null): Promise<{ data: Deliveries; next: string | null } | null> {
      const parameters = { per_page: gitHubLimits.pageSize, ...(from === null ? {} : { cursor: from }) };
      const reply = await api.read('GET /app/hook/deliveries', parameters, deliveriesShape, { signal });
      return reply.kind === 'unchanged' ? null : reply;
    }
  });
});

const record = transaction('record', async (t, command: RunningCommand<Input>) => {
  const begun = command.resultOf(begin);
  if (!(begun instanceof Finish)) {
    await repository.setDeliveriesChecked(t.tx, begun.startedAtMs);
  }
  const { redelivered } = command.resultOf(repair);
  if (redelivered > 0) {
    t.audit({
      action: 'deliveries.repaired',
      subject: String(redelivered),
      summary: `${redelivered} webhook deliveries that did not arrive were asked for again`,
    });
  }
  return null;
});

export const repairDeliveries: CommandHandler<Input> = { steps: [begin, repair, record] };
