import type { Sandbox } from '@foundry/shared/entities';
import type { SandboxState } from '../../sandbox/providers/provider.ts';
import type { SandboxPhase } from './commands.ts';

/** Which phase comes after one; null after the last. */
export function nextPhase(phase: SandboxPhase): SandboxPhase | null {
  switch (phase) {
    case 'creating_sandbox':
      return 'starting_sandbox_agent';
    case 'starting_sandbox_agent':
      return 'cloning';
    case 'cloning':
      return 'starting_agent';
    case 'starting_agent':
      return null;
  }
}

export type Reconciliation =
  | { action: 'nothing' }
  /** Nobody has this sandbox any more. */
  | { action: 'lost'; message: string }
  | { action: 'changed'; state: Sandbox['state']; message: string };

/** What to say when the provider's truth is not what we believed. */
export function reconcile(
  believed: Sandbox['state'],
  actual: SandboxState,
  words: string | null,
): Reconciliation {
  if (believed !== 'running') {
    // Whoever makes, stops or destroys it reports for itself.
    return { action: 'nothing' };
  }
  const because = words === null ? '' : ` ${words}`;
  switch (actual) {
    case 'running':
      return { action: 'nothing' };
    case 'gone':
      return { action: 'lost', message: `The sandbox does not exist any more.${because}` };
    case 'paused':
      return { action: 'changed', state: 'paused', message: `The sandbox is paused.${because}` };
    case 'stopped':
    case 'unhealthy':
      return { action: 'changed', state: 'stopped', message: `The sandbox is not running.${because}` };
  }
}
