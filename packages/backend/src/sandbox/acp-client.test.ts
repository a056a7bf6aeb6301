import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { AgentUpdate } from '@foundry/shared/transcript';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AcpClient } from './acp-client.ts';
import type { OpenedSession } from './acp-client.ts';
import { coalesceUpdates, toAgentUpdate } from './acp-events.ts';
import { setGitIdentity } from './git-credential.ts';
import { readRecord } from './providers/local-record.ts';
import type { SandboxError } from './sandbox-error.ts';
import { createTestSandbox, git } from './testing/sandbox.ts';
import type { TestSandbox } from './testing/sandbox.ts';

describe('ACP with the demo agent through sandbox-agent', { timeout: 20_000 }, () => {
  let sandbox: TestSandbox;
  let serverNumber = 0;
  let serverId: string;
  let failures: { messageId: string; error: SandboxError }[];

  beforeAll(async () => {
    sandbox = await createTestSandbox();
    git(sandbox.identity.checkoutPath, 'init', '--quiet', '--initial-branch=main');
    await setGitIdentity(sandbox.target, { name: 'Ada', email: 'ada@example.test' });
  });
  afterAll(() => sandbox.destroy());
  beforeEach(() => {
    serverNumber += 1;
    serverId = `session-${serverNumber}`;
    failures = [];
  });

  const newClient = (target = sandbox.target): AcpClient =>
    new AcpClient({
      target,
      serverId,
      agent: 'mock',
      serverLogPath: sandbox.identity.serverLogPath,
      onPromptFailure: (failure) => failures.push(failure),
    });

  const open = (client: AcpClient, agentSessionId: string | null = null): Promise<OpenedSession> =>
    client.openSession({ cwd: sandbox.identity.checkoutPath, agentSessionId });

  /** Reads updates until one fits, or fails after a while. */
  async function collect(
    client: AcpClient,
    request: { agentSessionId: string; messageId: string; lastEventId: number },
    isLast: (update: AgentUpdate['update'], all: AgentUpdate[]) => boolean,
  ): Promise<AgentUpdate[]> {
    const updates: AgentUpdate[] = [];
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), 10_000);
    try {
      const { lastEventId } = request;
      for await (const event of client.events({ lastEventId, signal: stop.signal })) {
        const update = toAgentUpdate(event, request);
        if (!update) continue;
        updates.push(update);
        if (isLast(update.update, updates)) return updates;
      }
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
    throw new Error(`the awaited update did not come: ${JSON.stringify(updates).slice(-2_000)}`);
  }

  const isTurnEnd = ({ type }: AgentUpdate['update']): boolean => type === 'turn_end';

  const textOf = (updates: readonly AgentUpdate[]): string =>
    updates.map(({ update }) => (update.type === 'text' ? update.text : '')).join('');

  function requirePosition(opened: OpenedSession): number {
    if (opened.lastEventId === null) throw new Error('a new session has a position');
    return opened.lastEventId;
  }

  test('a turn streams its text in order and its edit with the diff, and ends', async () => {
    const client = newClient();
    const opened = await open(client);
    expect(opened).toMatchObject({ how: 'created', currentModelId: 'demo-careful' });
    expect(opened.models.map(({ id }) => id)).toEqual(['demo-careful', 'demo-quick']);
    const { agentSessionId } = opened;
    const messageId = 'message-edit';
    const text = 'create notes/hello.md with "Hello"';
    await client.sendPrompt({ agentSessionId, messageId, text });
    const lastEventId = requirePosition(opened);
    const updates = await collect(client, { agentSessionId, messageId, lastEventId }, isTurnEnd);
    const ids = updates.map(({ streamId }) => streamId);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(updates.filter(({ update }) => update.type === 'text').length).toBeGreaterThan(5);
    expect(textOf(updates)).toMatch(/^I am Foundry's demo agent: .* not a language model\.\n\nCreate/);
    const file = path.join(sandbox.identity.checkoutPath, 'notes/hello.md');
    const calls = updates.flatMap(({ update }) => (update.type === 'tool_call' ? [update.toolCall] : []));
    expect(calls[0]).toMatchObject({
      title: 'Create notes/hello.md',
      kind: 'edit',
      status: 'pending',
      locations: [{ path: file, line: null }],
      content: [],
    });
    expect(calls).toContainEqual({
      toolCallId: calls[0]?.toolCallId,
      status: 'completed',
      content: [{ type: 'diff', path: file, oldText: null, newText: 'Hello\n' }],
    });
    expect(updates.map(({ update }) => update.type)).toContain('plan');
    expect(updates.at(-1)?.update).toEqual({
      type: 'turn_end',
      stopReason: 'end_turn',
      error: null,
    });
    expect(readFileSync(file, 'utf8')).toBe('Hello\n');
    const joined = coalesceUpdates(updates);
    expect(joined.length).toBeLessThan(updates.length);
    expect(textOf(joined)).toBe(textOf(updates));
    expect(joined.at(-1)).toEqual(updates.at(-1));
    expect(failures).toEqual([]);
  });

  test('cancel ends a long turn before its time', async () => {
    const client = newClient();
    const { agentSessionId, ...opened } = await open(client);
    const request = {
      agentSessionId,
      messageId: 'message-slow',
      lastEventId: requirePosition({ agentSessionId, ...opened }),
    };
    await client.sendPrompt({ ...request, text: 'slow 120' });
    await collect(client, request, (_, all) => textOf(all).includes('3 4 '));
    await client.cancel(agentSessionId);
    const updates = await collect(client, request, isTurnEnd);
    expect(textOf(updates)).not.toContain('120');
    expect(updates.at(-1)?.update).toMatchObject({ stopReason: 'cancelled' });
  });

  test('a permission request waits for a client that comes later, and is answered', async () => {
    const first = newClient();
    const opened = await open(first);
    const { agentSessionId } = opened;
    const request = {
      agentSessionId,
      messageId: 'message-ask',
      lastEventId: requirePosition(opened),
    };
    const text = 'ask before running `git --version`';
    await first.sendPrompt({ ...request, text });
    const second = newClient();
    const asked = await collect(second, request, ({ type }) => type === 'permission_request');
    const update = asked.at(-1)?.update;
    if (update?.type !== 'permission_request') throw new Error('no permission request');
    expect(update).toMatchObject({
      toolCall: { title: 'Run git --version', kind: 'execute' },
      options: [{ kind: 'allow_once' }, { kind: 'allow_always' }, { kind: 'reject_once' }],
    });
    await second.answerPermission({ requestId: update.requestId, optionId: 'allow' });
    const updates = await collect(second, request, isTurnEnd);
    expect(textOf(updates)).toContain('`git --version` succeeded');
  });

  test('a crash of the agent is noticed at once; the session goes on in a new one', async () => {
    const client = newClient();
    const opened = await open(client);
    const { agentSessionId } = opened;
    const request = {
      agentSessionId,
      messageId: 'message-crash',
      lastEventId: requirePosition(opened),
    };
    await client.sendPrompt({ ...request, text: 'crash' });
    const updates = await collect(client, request, ({ type }) => type === 'agent_exited');
    expect(updates.at(-1)?.update).toEqual({
      type: 'agent_exited',
      message: "The agent's process ended with exit code 70.",
    });
    expect(
      await client.promptStatus({
        messageId: 'message-crash',
        sinceEventId: request.lastEventId,
      }),
    ).toMatchObject({ state: 'agent_exited' });
    await expect(
      client.sendPrompt({ ...request, messageId: 'message-after', text: 'help' }),
    ).rejects.toMatchObject({ code: 'agent_crashed' });
    const again = await open(client, agentSessionId);
    expect(again).toMatchObject({ how: 'loaded', agentSessionId });
    const next = { ...request, messageId: 'message-next', lastEventId: requirePosition(again) };
    await client.sendPrompt({ ...next, text: 'list files' });
    const after = await collect(client, next, isTurnEnd);
    expect(after.at(-1)?.update).toMatchObject({ stopReason: 'end_turn' });
  });

  test('a client thrown away in mid-turn: the next gets every event once, in order, and does not prompt again', async () => {
    const first = newClient();
    const opened = await open(first);
    const { agentSessionId } = opened;
    const request = {
      agentSessionId,
      messageId: 'message-survives',
      lastEventId: requirePosition(opened),
    };
    expect(
      await first.promptStatus({
        messageId: request.messageId,
        sinceEventId: request.lastEventId,
      }),
    ).toEqual({ state: 'not_taken' });
    await first.sendPrompt({ ...request, text: 'count to 25' });
    const half = await collect(first, request, (_, all) => textOf(all).includes('8 '));
    const second = newClient();
    expect(
      await second.promptStatus({
        messageId: request.messageId,
        sinceEventId: request.lastEventId,
      }),
    ).toEqual({ state: 'taken' });
    expect(await open(second, agentSessionId)).toMatchObject({ how: 'attached' });
    const resumeAt = half.at(-1)?.streamId ?? 0;
    const rest = await collect(second, { ...request, lastEventId: resumeAt }, isTurnEnd);
    const numbers = Array.from({ length: 25 }, (_, index) => index + 1).join(' ');
    expect(textOf([...half, ...rest])).toMatch(new RegExp(`\n\n${numbers}\\.\n$`));
    expect(
      await second.promptStatus({
        messageId: request.messageId,
        sinceEventId: request.lastEventId,
      }),
    ).toMatchObject({ state: 'finished' });
  });

  test('a prompt of which nothing was heard yet is known to be taken', async () => {
    const client = newClient();
    const opened = await open(client);
    const { agentSessionId } = opened;
    const lastEventId = requirePosition(opened);
    // Two turns: what the first said does not count for the second.
    const first = { agentSessionId, messageId: 'message-one', lastEventId };
    await client.sendPrompt({ ...first, text: 'help' });
    const sinceEventId = (await collect(client, first, isTurnEnd)).at(-1)?.streamId ?? 0;
    const messageId = 'message-two';
    expect(await client.promptStatus({ messageId, sinceEventId })).toEqual({ state: 'not_taken' });
    await client.sendPrompt({ agentSessionId, messageId, text: 'slow 60' });
    // Far beyond the last event: as if none had come yet. Only the server's log can tell.
    expect(await client.promptStatus({ messageId, sinceEventId: 1_000_000 })).toEqual({
      state: 'taken',
    });
    await client.cancel(agentSessionId);
  });

  test('the model can be chosen; an unknown one is refused with a reason', async () => {
    const client = newClient();
    const opened = await open(client);
    const { agentSessionId, modelConfigId } = opened;
    await client.setModel({ agentSessionId, modelConfigId, modelId: 'demo-quick' });
    const request = {
      agentSessionId,
      messageId: 'message-model',
      lastEventId: requirePosition(opened),
    };
    await client.sendPrompt({ ...request, text: 'list files' });
    const types = (await collect(client, request, isTurnEnd)).map(({ update }) => update.type);
    expect(types).not.toContain('thought');
    await expect(
      client.setModel({ agentSessionId, modelConfigId, modelId: 'no-such-model' }),
    ).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('close ends the agent, and may be repeated', async () => {
    const client = newClient();
    await open(client);
    await client.close();
    await client.close();
    const servers = await sandbox.target.client.listAcpServers();
    expect(servers.map((server) => server.serverId)).not.toContain(serverId);
    await expect(
      client.sendPrompt({ agentSessionId: 'any', messageId: 'message-late', text: 'help' }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  test('an agent that cannot be started gives a reason', async () => {
    const client = new AcpClient({
      target: sandbox.target,
      serverId: 'unknown',
      agent: 'no-such-agent',
      serverLogPath: null,
    });
    await expect(open(client)).rejects.toMatchObject({
      code: 'agent_unavailable',
      providerMessage: expect.stringContaining('no-such-agent'),
    });
  });

  // Last: it restarts the sandbox of all of them.
  test('server killed in mid-turn: the stream ends, the prompt fails, and the session is loaded in the next', async () => {
    const client = newClient();
    const opened = await open(client);
    const { agentSessionId } = opened;
    const request = {
      agentSessionId,
      messageId: 'message-killed',
      lastEventId: requirePosition(opened),
    };
    const first = { ...request, messageId: 'message-before' };
    await client.sendPrompt({ ...first, text: 'create kept.md with kept' });
    await collect(client, first, isTurnEnd);
    await client.sendPrompt({ ...request, text: 'slow 120' });
    const folder = path.dirname(sandbox.identity.homePath);
    const record = await readRecord(path.join(folder, 'sandbox.json'));
    const lost: string[] = [];
    const reading = (async () => {
      const options = {
        lastEventId: 0,
        signal: AbortSignal.timeout(15_000),
        reconnectTimeoutMs: 300,
        onReconnect: (error: SandboxError) => lost.push(error.code),
      };
      for await (const { eventId } of client.events(options)) {
        if (eventId === request.lastEventId) process.kill(record?.process?.pid ?? 0, 'SIGKILL');
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'unreachable' });
    expect(lost.length).toBeGreaterThan(0);
    await expect
      .poll(() => failures)
      .toEqual([{ messageId: 'message-killed', error: expect.objectContaining({ code: 'unreachable' }) }]);

    await sandbox.provider.start(sandbox.identity.sandboxId);
    const next = newClient(await sandbox.reconnect());
    expect(
      await next.promptStatus({ messageId: 'message-killed', sinceEventId: request.lastEventId }),
    ).toEqual({ state: 'connection_lost' });
    const again = await open(next, agentSessionId);
    expect(again).toMatchObject({ how: 'loaded', agentSessionId, currentModelId: 'demo-careful' });
    const after = {
      ...request,
      messageId: 'message-after-restart',
      lastEventId: requirePosition(again),
    };
    await next.sendPrompt({ ...after, text: 'read kept.md' });
    // The log still names the killed prompt, but as one of an agent that is dead.
    const killed = { messageId: 'message-killed', sinceEventId: 1_000_000 };
    expect(await next.promptStatus(killed)).toEqual({ state: 'not_taken' });
    const updates = await collect(next, after, isTurnEnd);
    // Nothing of the old conversation is repeated, and the agent does not introduce itself again.
    expect(textOf(updates)).toMatch(/^`kept\.md` has/);
  });
});
