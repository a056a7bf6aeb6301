import { isTurnActivity, promptRequestId, readAgentExit, readPromptEnd } from './acp-messages.ts';
import type { AcpEvent } from './acp-messages.ts';
import { readAcpStream } from './acp-stream.ts';
import { executeInSandbox } from './execute-in-sandbox.ts';
import type { SandboxTarget } from './execute-in-sandbox.ts';
import type { SandboxAgentClient } from './sandbox-agent-client.ts';
import { isSandboxError } from './sandbox-error.ts';

export type PromptStatus =
  | { state: 'finished'; eventId: number }
  /** The agent has it and works. */
  | { state: 'taken' }
  /** It never reached the agent: send it. */
  | { state: 'not_taken' }
  /** The agent's process ended since. */
  | { state: 'agent_exited'; message: string }
  /** The server does not know the connection: open the session anew. */
  | { state: 'connection_lost' };

/** The server sends what it holds at once: after so much silence the reader has caught up. */
const firstEventTimeoutMs = 1_000;
const catchUpSilenceMs = 100;
const catchUpTimeoutMs = 500;

/**
 * Finds out whether the agent already took the prompt of a message: from the events since, and
 * where there are none yet, from the server's log of what it passed on.
 */
export async function readPromptStatus(request: {
  target: SandboxTarget;
  serverId: string;
  serverLogPath: string | null;
  messageId: string;
  sinceEventId: number;
}): Promise<PromptStatus> {
  const { target, serverId, messageId } = request;
  let events: AcpEvent[];
  try {
    events = await readAvailable(target.client, serverId, request.sinceEventId);
  } catch (error) {
    if (isSandboxError(error, 'not_found')) return { state: 'connection_lost' };
    throw error;
  }
  for (const { eventId, message } of events) {
    if (readPromptEnd(message, messageId)) return { state: 'finished', eventId };
  }
  for (const { message } of events) {
    const exit = readAgentExit(message);
    if (exit !== undefined) return { state: 'agent_exited', message: exit };
  }
  if (events.some(({ message }) => isTurnActivity(message))) return { state: 'taken' };
  const { serverLogPath } = request;
  const isLogged = await isPromptLogged(target, serverId, serverLogPath, messageId);
  return { state: isLogged ? 'taken' : 'not_taken' };
}

/**
 * The events after an id that the server holds now. Of a turn that goes on streaming only what
 * comes within half a second: it has said enough by then.
 */
async function readAvailable(
  client: SandboxAgentClient,
  serverId: string,
  sinceEventId: number,
): Promise<AcpEvent[]> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  const found: AcpEvent[] = [];
  let silence = setTimeout(end, firstEventTimeoutMs);
  let whole: NodeJS.Timeout | undefined;
  try {
    const options = { lastEventId: sinceEventId, signal: stop.signal, reconnectTimeoutMs: 1_000 };
    for await (const event of readAcpStream(client, serverId, options)) {
      found.push(event);
      clearTimeout(silence);
      silence = setTimeout(end, catchUpSilenceMs);
      whole ??= setTimeout(end, catchUpTimeoutMs);
    }
  } finally {
    clearTimeout(silence);
    clearTimeout(whole);
    end();
  }
  return found;
}

/**
 * Whether the server's log says that it passed the prompt on to this agent. What it passed on to an
 * agent before this one (the connection was opened anew since) does not count: that one is dead.
 */
async function isPromptLogged(
  target: SandboxTarget,
  serverId: string,
  serverLogPath: string | null,
  messageId: string,
): Promise<boolean> {
  if (serverLogPath === null) return false;
  const servers = await target.client.listAcpServers();
  const connection = servers.find((server) => server.serverId === serverId);
  if (!connection) return false;
  const { stdout } = await executeInSandbox(target, {
    command: 'grep',
    args: ['-rhF', '--', `id="\\"${promptRequestId(messageId)}\\""`, serverLogPath],
    cwd: '/',
    timeoutMs: 10_000,
  });
  return [...stdout.matchAll(/^ts=(\S+)/gm)].some(
    ([, time]) => Date.parse(time ?? '') >= connection.createdAtMs,
  );
}
