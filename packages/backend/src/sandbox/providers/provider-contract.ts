import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { SandboxAgentClient } from '../sandbox-agent-client.ts';
import { connectSandbox, executeInSandbox } from '../execute-in-sandbox.ts';
import type { SandboxTarget } from '../execute-in-sandbox.ts';
import { SandboxError } from '../sandbox-error.ts';
import { sandboxIdentitySchema } from './provider.ts';
import type { SandboxPhase, SandboxProvider } from './provider.ts';

/** What every provider must do; each runs this suite. */
export function testProviderContract(
  name: string,
  makeProvider: () => SandboxProvider,
  options: { timeoutMs: number; cleanUp?: () => Promise<void> },
): void {
  describe(`provider contract: ${name}`, { timeout: options.timeoutMs }, () => {
    const provider = makeProvider();
    const made: string[] = [];

    const newId = (): string => {
      const id = `contract-${randomUUID().slice(0, 8)}`;
      made.push(id);
      return id;
    };

    afterAll(async () => {
      for (const id of made) await provider.destroy(id);
      await options.cleanUp?.();
    }, options.timeoutMs);

    test('create reports its phases and gives an identity that survives JSON and a sandbox that answers', async () => {
      const id = newId();
      const phases: SandboxPhase[] = [];
      const identity = await provider.create(id, { onPhase: ({ phase }) => phases.push(phase) });
      expect(phases).toEqual(['creating_sandbox', 'starting_sandbox_agent']);
      expect(sandboxIdentitySchema.parse(JSON.parse(JSON.stringify(identity)))).toEqual(identity);
      expect(identity).toMatchObject({ providerId: provider.providerId, sandboxId: id });
      const { token } = await provider.endpoint(id);
      expect(JSON.stringify(identity)).not.toContain(token);
      const target = await connectSandbox(provider, identity);
      const { stdout } = await run(target, 'pwd');
      expect(stdout.trim()).toBe(identity.checkoutPath);
      expect(await provider.inspect(id)).toMatchObject({ state: 'running', identity });
      expect((await provider.list()).map(({ sandboxId }) => sandboxId)).toContain(id);
    });

    test('create with the same id is the same sandbox', async () => {
      const id = newId();
      const [first, second] = await Promise.all([provider.create(id), provider.create(id)]);
      expect(second).toEqual(first);
      const target = await connectSandbox(provider, first);
      await run(target, 'touch', 'kept');
      expect(await provider.create(id)).toEqual(first);
      expect((await run(await connectSandbox(provider, first), 'ls')).stdout.trim()).toBe('kept');
    });

    test('a wrong token opens nothing', async () => {
      const id = newId();
      await provider.create(id);
      const { baseUrl } = await provider.endpoint(id);
      const stranger = new SandboxAgentClient({ baseUrl, token: 'not-the-token' });
      await expect(stranger.health()).rejects.toMatchObject({ code: 'unauthorized' });
    });

    test('stop ends the processes and keeps the files; start brings it back', async () => {
      const id = newId();
      const identity = await provider.create(id);
      await run(await connectSandbox(provider, identity), 'touch', 'kept');
      await provider.stop(id);
      await provider.stop(id);
      expect(await provider.inspect(id)).toMatchObject({ state: 'stopped', identity });
      await expect(provider.endpoint(id)).rejects.toMatchObject({ code: 'not_running' });
      expect(await provider.start(id)).toEqual(identity);
      const target = await connectSandbox(provider, identity);
      expect((await run(target, 'ls')).stdout.trim()).toBe('kept');
    });

    test('pause freezes, resume goes on', async () => {
      const id = newId();
      const identity = await provider.create(id);
      await provider.pause(id);
      await provider.pause(id);
      expect((await provider.inspect(id)).state).toBe('paused');
      await provider.resume(id);
      expect((await provider.inspect(id)).state).toBe('running');
      expect((await run(await connectSandbox(provider, identity), 'true')).exitCode).toBe(0);
    });

    test('destroy leaves nothing, and may be repeated', async () => {
      const id = newId();
      await provider.create(id);
      const { baseUrl, token } = await provider.endpoint(id);
      await provider.destroy(id);
      await provider.destroy(id);
      expect(await provider.inspect(id)).toMatchObject({ state: 'gone', identity: null });
      expect((await provider.list()).map(({ sandboxId }) => sandboxId)).not.toContain(id);
      const client = new SandboxAgentClient({ baseUrl, token });
      await expect(client.health()).rejects.toBeInstanceOf(SandboxError);
    });

    test('what is not there is said to be not there', async () => {
      const id = `missing-${randomUUID().slice(0, 8)}`;
      expect((await provider.inspect(id)).state).toBe('gone');
      for (const call of ['start', 'stop', 'pause', 'resume', 'endpoint'] as const) {
        await expect(provider[call](id)).rejects.toMatchObject({ code: 'not_found' });
      }
    });

    test('an id that is no id is refused', async () => {
      await expect(provider.create('../elsewhere')).rejects.toMatchObject({
        code: 'invalid_request',
      });
    });
  });
}

function run(target: SandboxTarget, command: string, ...args: string[]) {
  return executeInSandbox(target, { command, args, cwd: target.checkoutPath, timeoutMs: 5_000 });
}
