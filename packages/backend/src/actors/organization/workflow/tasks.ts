import { CommandError } from '../../../command-loop/errors.ts';
import { single } from '../../../command-loop/handlers.ts';
import { organizationIdOf, taskAddress } from '../../addresses.ts';
import { readOrganization, readRepository } from '../db/catalog-repository.ts';
import * as repository from '../db/task-repository.ts';
import { decideNewTask, wantedBranches } from '../decisions.ts';
import type { OrganizationInput } from './inputs.ts';

/** R11: when this answers, the task has a row, a title and a branch of its own; its actor follows from the message. */
export const createTask = single<OrganizationInput<'createTask'>>(async (t, { input }) => {
  if ((await repository.readTask(t.tx, input.taskId)) !== null) {
    throw new CommandError('task_exists', 'This task was already created.');
  }
  const organization = await readOrganization(t.tx);
  const catalogRepository = await readRepository(t.tx, input.repositoryId);
  const takenBranches: string[] = [];
  for (const wanted of wantedBranches(input)) {
    takenBranches.push(...(await repository.readClashingBranches(t.tx, input.repositoryId, wanted)));
  }
  const decided = decideNewTask(
    { organization, repository: catalogRepository, takenBranches, gitHub: input.gitHub },
    input,
  );
  if (organization === null || catalogRepository === null) {
    throw new CommandError('repository_not_found', 'Foundry does not know this repository.');
  }
  const { summary } = await repository.insertCreatedTask(
    t.tx,
    { id: input.taskId, repositoryId: input.repositoryId, ...decided },
    input.person,
    t.nowMs,
  );
  t.upsert({ type: 'taskSummary', entity: summary });
  t.send(taskAddress(organizationIdOf(t.key), summary.id), 'task.command.initialize', {
    entry: { task: summary, repository: catalogRepository, organization },
    person: input.person,
    sessionId: input.sessionId,
    modelId: input.modelId ?? null,
    firstMessage:
      input.prompt === undefined || input.firstMessageId === null
        ? null
        : { messageId: input.firstMessageId, text: input.prompt },
  });
  t.audit({
    action: 'task.created',
    subject: summary.id,
    summary: `Created "${summary.title}" on ${catalogRepository.fullName}, branch ${summary.branch}`,
    repositoryId: summary.repositoryId,
  });
  return summary;
});

/** Only tasks on which something of the person's may be going on hear of it: where a turn runs, and those that they own. */
export const personLostAccess = single<OrganizationInput<'personLostAccess'>>(async (t, { input }) => {
  const { repositoryIds, ...person } = input;
  for (const taskId of await repository.listTasksOfPerson(t.tx, person.login, repositoryIds)) {
    t.send(taskAddress(organizationIdOf(t.key), taskId), 'task.command.personLostAccess', person);
  }
  return null;
});

/** What is over needs nobody's sign-in. */
export const personSignedIn = single<OrganizationInput<'personSignedIn'>>(async (t, { input }) => {
  const { userId, login } = input;
  for (const taskId of await repository.listOpenTasksOwnedBy(t.tx, login)) {
    t.send(taskAddress(organizationIdOf(t.key), taskId), 'task.command.personSignedIn', { userId });
  }
  return null;
});

export const applyTaskState = single<OrganizationInput<'applyTaskState'>>(async (t, { input }) => {
  const before = await repository.readTask(t.tx, input.taskId);
  const summary = await repository.updateTaskState(t.tx, input, t.nowMs);
  if (before === null || summary === null) {
    throw new CommandError(
      'task_not_found',
      `${input.taskId} is not in the organization's index (any more).`,
    );
  }
  t.upsert({ type: 'taskSummary', entity: summary });
  if (!before.materialised && summary.pullRequest !== null) {
    // Changes since the new actor read its entry were not sent to it: it was no actor yet.
    t.send(taskAddress(organizationIdOf(t.key), summary.id), 'task.command.pullRequestChanged', {
      pullRequest: summary.pullRequest,
    });
  }
  return null;
});
