import { actor } from 'rivetkit';
import { commandLoop, type LoopActionContext } from '../../command-loop/command-loop.ts';
import { actorDatabase } from '../../command-loop/database.ts';
import { organizationCatalog } from './commands.ts';
import { listRuntimeIssues } from './db/repository.ts';
import { clearRuntimeIssue, reportRuntimeIssue } from './workflow/runtime-issues.ts';

const loop = commandLoop('organization', organizationCatalog, {
  'organization.command.reportRuntimeIssue': reportRuntimeIssue,
  'organization.command.clearRuntimeIssue': clearRuntimeIssue,
});

export const organization = actor({
  db: actorDatabase(new URL('db/migrations/', import.meta.url)),
  createVars: loop.createVars,
  queues: loop.queues,
  run: loop.run,
  options: loop.options,
  actions: {
    ...loop.actions,
    runtimeIssues: async (c: LoopActionContext) => await listRuntimeIssues(c.db, 100),
  },
});
