import { organizationAddress } from '../addresses.ts';
import { sampleMessage, type ActorSamples } from '../testing/samples.ts';
import type { OrganizationCatalog } from './commands.ts';

const issue = { actor: 'task a', command: 'c', step: null, attempt: 3, message: 'broke', atMs: 5 };
export const organizationSamples: Partial<ActorSamples<OrganizationCatalog>['samples']> = {
  'organization.command.reportRuntimeIssue': [{ body: () => issue }],
  'organization.command.clearRuntimeIssue': [
    { body: () => ({ issueId: 'none' }) },
    {
      before: (scope) => [
        sampleMessage(
          organizationAddress(scope.organizationId),
          'organization.command.reportRuntimeIssue',
          issue,
        ),
      ],
      // Derived from actor, command and step.
      body: () => ({ issueId: 'xAbUw7pZ2iC9x1UKmlYQ' }),
    },
  ],
};
