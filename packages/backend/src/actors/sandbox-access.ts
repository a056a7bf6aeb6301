import type { CommandFailure } from '@foundry/shared/envelope';
import { SandboxAgentClient } from '../sandbox/sandbox-agent-client.ts';
import type { SandboxTarget } from '../sandbox/execute-in-sandbox.ts';
import type { SandboxIdentity, SandboxProvider } from '../sandbox/providers/provider.ts';
import { SandboxError, toSandboxError } from '../sandbox/sandbox-error.ts';
import { services } from './services.ts';

/** @throws {SandboxError} provider_unavailable */
export function sandboxProvider(providerId: string): SandboxProvider {
  const provider = services().sandboxProviders.get(providerId);
  if (provider === undefined) {
    throw new SandboxError(
      'provider_unavailable',
      `Foundry is not set up for sandboxes of the provider "${providerId}".`,
    );
  }
  return provider;
}

export interface OpenSandbox {
  readonly target: SandboxTarget;
  readonly identity: SandboxIdentity;
}

/**
 * The way into a running sandbox, asked from its provider each time: address and token change with every restart.
 * @throws {SandboxError} not_found, not_running, unreachable
 */
export async function openSandbox(providerId: string, sandboxId: string): Promise<OpenSandbox> {
  const provider = sandboxProvider(providerId);
  const { state, identity, message } = await provider.inspect(sandboxId);
  if (state === 'gone' || identity === null) {
    throw new SandboxError('not_found', 'The sandbox does not exist any more.', { providerMessage: message });
  }
  if (state !== 'running') {
    throw new SandboxError('not_running', `The sandbox is ${state}.`, { providerMessage: message });
  }
  const client = new SandboxAgentClient(await provider.endpoint(sandboxId));
  const { homePath, checkoutPath } = identity;
  return { target: { client, homePath, checkoutPath }, identity };
}

/** A sandbox's failure as people read it: what happened, in the words of whoever refused. */
export function sandboxFailure(error: unknown): CommandFailure {
  const problem = toSandboxError(error, 'command_failed', 'The sandbox could not do this.');
  const words = problem.providerMessage?.trim() ?? '';
  return {
    code: problem.code,
    message: (words === '' ? problem.message : `${problem.message} ${words}`).slice(0, 2_000),
    // Somebody can act on all others (free the disk, sign in, repair the repository) and then try again.
    retryable: problem.code !== 'invalid_branch',
  };
}
