import { createHash } from 'node:crypto';
import { CommandError } from '../../../command-loop/errors.ts';
import { single } from '../../../command-loop/handlers.ts';
import { organizationLimits } from '../../../limits.ts';
import type { ParsedInput } from '../../../command-loop/catalog.ts';
import type { OrganizationCatalog } from '../commands.ts';
import { deleteRuntimeIssue, pruneRuntimeIssues, upsertRuntimeIssue } from '../db/repository.ts';

type Report = ParsedInput<OrganizationCatalog, 'organization.command.reportRuntimeIssue'>;
type Clear = ParsedInput<OrganizationCatalog, 'organization.command.clearRuntimeIssue'>;

/** Issues of the same actor, command and step are one issue with a count. */
function issueId(report: Report): string {
  return createHash('sha256')
    .update(`${report.actor}\n${report.command}\n${report.step}`)
    .digest('base64url')
    .slice(0, 20);
}

export const reportRuntimeIssue = single<Report>(async ({ tx, upsert, remove }, { input }) => {
  const { atMs, ...report } = input;
  const entity = await upsertRuntimeIssue(tx, { ...report, id: issueId(input), lastAtMs: atMs });
  upsert({ type: 'runtimeIssue', entity });
  for (const id of await pruneRuntimeIssues(tx, organizationLimits.runtimeIssuesKept)) {
    remove({ type: 'runtimeIssue', id });
  }
  return null;
});

export const clearRuntimeIssue = single<Clear>(async ({ tx, remove, audit }, { input }) => {
  if (!(await deleteRuntimeIssue(tx, input.issueId))) {
    throw new CommandError('issue_not_found', 'This issue was cleared already.');
  }
  remove({ type: 'runtimeIssue', id: input.issueId });
  audit({
    action: 'runtimeIssue.cleared',
    subject: input.issueId,
    summary: 'A runtime issue was marked as seen to',
  });
  return null;
});
