import type { Stack } from '../stack.ts';
import { EngineSide } from './engine.ts';
import { GitHubSide, type DoubleRepository } from './github.ts';
import { Person } from './person.ts';
import type { Realtime } from './topic.ts';

/** What one stage leaves for the later ones. */
export class World {
  readonly stack: Stack;
  readonly github: GitHubSide;
  readonly engine: EngineSide;
  readonly ada: Person;
  readonly grace: Person;
  /** Every socket that was opened, to be closed at the end. */
  readonly sockets: Realtime[] = [];
  organizationId = '';
  /** The repository that both may see, and the one that only Ada may. */
  shared: DoubleRepository | null = null;
  hidden: DoubleRepository | null = null;
  taskId = '';
  branch = '';
  sessionId = '';
  checkout = '';
  pullRequestNumber = 0;
  adaToken = '';
  adaRealtime: Realtime | null = null;

  constructor(stack: Stack) {
    this.stack = stack;
    this.github = new GitHubSide(stack.github.webUrl);
    this.engine = new EngineSide(stack.engine.url);
    this.ada = new Person(stack.url, 'ada');
    this.grace = new Person(stack.url, 'grace');
  }

  get organizationPath(): string {
    return `/api/v1/organizations/${this.organizationId}`;
  }

  get taskPath(): string {
    return `${this.organizationPath}/tasks/${this.taskId}`;
  }

  get sessionPath(): string {
    return `${this.taskPath}/sessions/${this.sessionId}`;
  }
}

/** @throws when an earlier stage did not leave what this one needs. */
export function needed<T>(value: T | null): T {
  if (value === null) {
    throw new Error('an earlier stage left nothing to go on with');
  }
  return value;
}
