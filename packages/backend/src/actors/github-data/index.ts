import { actor } from 'rivetkit';
import { commandLoop } from '../../command-loop/command-loop.ts';
import { actorDatabase } from '../../command-loop/database.ts';
import { requireDoor } from '../../engine/door.ts';
import { requireOwnKey } from '../../engine/own-key.ts';
import { gitHubDataCatalog } from './commands.ts';
import { reads } from './reads.ts';
import { publishPullRequest } from './workflow/publish-pull-request.ts';
import { readMergeability } from './workflow/read-mergeability.ts';
import { receiveWebhook } from './workflow/receive-webhook.ts';
import { refreshPeople } from './workflow/refresh-people.ts';
import { repairDeliveries } from './workflow/repair-deliveries.ts';
import { readChecks, readReviews } from './workflow/single-reads.ts';
import { startSync } from './workflow/start-sync.ts';
import { syncBatch } from './workflow/sync-batch.ts';

const loop = commandLoop('githubData', gitHubDataCatalog, {
  'githubData.command.receiveWebhook': receiveWebhook,
  'githubData.command.startSync': startSync,
  'githubData.command.syncBatch': syncBatch,
  'githubData.command.publishPullRequest': publishPullRequest,
  'githubData.command.readChecks': readChecks,
  'githubData.command.readReviews': readReviews,
  'githubData.command.readMergeability': readMergeability,
  'githubData.command.refreshPeople': refreshPeople,
  'githubData.command.repairDeliveries': repairDeliveries,
});

export const githubData = actor({
  onBeforeConnect: requireDoor,
  onCreate: requireOwnKey,
  db: actorDatabase(new URL('db/migrations/', import.meta.url)),
  createVars: loop.createVars,
  queues: loop.queues,
  run: loop.run,
  options: loop.options,
  actions: { ...loop.actions, ...reads },
});
