import { actor } from 'rivetkit';
import { commandLoop } from '../../command-loop/command-loop.ts';
import { actorDatabase } from '../../command-loop/database.ts';
import { requireDoor } from '../../engine/door.ts';
import { requireOwnKey } from '../../engine/own-key.ts';
import { organizationCatalog } from './commands.ts';
import { reads } from './reads.ts';
import { snapshot } from './snapshot.ts';
import * as catalog from './workflow/catalog.ts';
import * as pullRequests from './workflow/pull-requests.ts';
import { clearRuntimeIssue, reportRuntimeIssue } from './workflow/runtime-issues.ts';
import { applyTaskState, createTask, personLostAccess, personSignedIn } from './workflow/tasks.ts';

const loop = commandLoop('organization', organizationCatalog, {
  'organization.command.applyInstallation': catalog.applyInstallation,
  'organization.command.applyRepositories': catalog.applyRepositories,
  'organization.command.removeRepositories': catalog.removeRepositories,
  'organization.command.applyMembers': catalog.applyMembers,
  'organization.command.removeMembers': catalog.removeMembers,
  'organization.command.applyPullRequests': pullRequests.applyPullRequests,
  'organization.command.applyChecks': pullRequests.applyChecks,
  'organization.command.applyReviews': pullRequests.applyReviews,
  'organization.command.applyMergeability': pullRequests.applyMergeability,
  'organization.command.branchPushed': pullRequests.branchPushed,
  'organization.command.sweep': catalog.sweep,
  'organization.command.reportSync': catalog.reportSync,
  'organization.command.requestSync': catalog.requestSync,
  'organization.command.createTask': createTask,
  'organization.command.applyTaskState': applyTaskState,
  'organization.command.personLostAccess': personLostAccess,
  'organization.command.personSignedIn': personSignedIn,
  'organization.command.reportRuntimeIssue': reportRuntimeIssue,
  'organization.command.clearRuntimeIssue': clearRuntimeIssue,
});

export const organization = actor({
  onBeforeConnect: requireDoor,
  onCreate: requireOwnKey,
  db: actorDatabase(new URL('db/migrations/', import.meta.url)),
  createVars: loop.createVars,
  queues: loop.queues,
  run: loop.run,
  options: loop.options,
  actions: { ...loop.actions, ...reads, snapshot },
});
