import { z } from 'zod';
import type { ProvisioningPhase } from '@foundry/shared/entities';
import { sandboxIdSchema } from '@foundry/shared/ids';

/**
 * What identifies a sandbox for good. JSON, and free of secrets: an actor stores it. The way in
 * (address and token) is asked from the provider each time, because both change with a restart.
 */
export const sandboxIdentitySchema = z.object({
  providerId: z.string().min(1),
  sandboxId: sandboxIdSchema,
  /** The provider's own name of it; for providers that choose one themselves. */
  providerReference: z.string().nullable(),
  /** Absolute paths inside the sandbox. */
  homePath: z.string().startsWith('/'),
  checkoutPath: z.string().startsWith('/'),
  /** Where the sandbox-agent server writes its log. */
  serverLogPath: z.string().startsWith('/'),
  createdAtMs: z.number(),
});
export type SandboxIdentity = z.infer<typeof sandboxIdentitySchema>;

/** The way into a running sandbox. The token is a secret: keep it in memory only. */
export interface SandboxEndpoint {
  baseUrl: string;
  token: string;
}

/**
 * `gone`: the provider has nothing of that name. `unhealthy`: its process runs but does not answer.
 */
export type SandboxState = 'running' | 'paused' | 'stopped' | 'unhealthy' | 'gone';

export interface SandboxInspection {
  sandboxId: string;
  /** Null when the sandbox is gone or was never completely made. */
  identity: SandboxIdentity | null;
  state: SandboxState;
  /** Why it is in that state, where there is something to say. */
  message: string | null;
}

export type SandboxPhase = Extract<ProvisioningPhase, 'creating_sandbox' | 'starting_sandbox_agent'>;

export interface ProviderCallOptions {
  /** Told when a new phase begins. */
  onPhase?: (progress: { phase: SandboxPhase; message: string }) => void;
  signal?: AbortSignal;
}

/**
 * Where sandboxes come from. Every method may be repeated: `create` with a known id completes what
 * an interrupted one began, `start`, `stop`, `pause`, `resume` and `destroy` of a sandbox that is
 * already so do nothing. Failures are SandboxError.
 */
export interface SandboxProvider {
  readonly providerId: string;
  /** Makes and starts the sandbox of that id (chosen by the caller) and returns when it answers. */
  create(sandboxId: string, options?: ProviderCallOptions): Promise<SandboxIdentity>;
  /** Starts a stopped sandbox on its files. Throws `not_found` when it is gone. */
  start(sandboxId: string, options?: ProviderCallOptions): Promise<SandboxIdentity>;
  /** Freezes it, keeping processes. Throws `not_running` when it is stopped. */
  pause(sandboxId: string): Promise<void>;
  /** Undoes `pause`; starts a stopped one. */
  resume(sandboxId: string, options?: ProviderCallOptions): Promise<SandboxIdentity>;
  /** Ends its processes and keeps its files. */
  stop(sandboxId: string): Promise<void>;
  /** Ends its processes and removes its files for good. */
  destroy(sandboxId: string): Promise<void>;
  /** What is true now, asked from the provider and not remembered. Never throws for a missing one. */
  inspect(sandboxId: string): Promise<SandboxInspection>;
  list(): Promise<SandboxInspection[]>;
  /** The way in. Throws `not_found` or `not_running`. */
  endpoint(sandboxId: string): Promise<SandboxEndpoint>;
}
