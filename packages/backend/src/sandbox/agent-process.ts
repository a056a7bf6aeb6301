import { readFileSync } from 'node:fs';
import { agentProcessLimits } from '../limits.ts';
import { executeInSandbox } from './execute-in-sandbox.ts';
import type { ExecuteResult, SandboxTarget } from './execute-in-sandbox.ts';
import { isSandboxError } from './sandbox-error.ts';

/*
 * The server drops the connection to an agent and leaves it to the agent to end when its input does. One that hangs
 * does not, and would go on writing into the checkout beside the next one. So its process is looked for while the
 * connection still stands, and ended when it outlives it.
 */

const script = readFileSync(new URL('agent-process.sh', import.meta.url), 'utf8');

/** An agent's process and its descendants: `pid:start`, the start as /proc has it, so that each is one process for good. */
export type AgentProcesses = readonly string[];

/**
 * The process of a connection's agent with everything that it has started. Empty when it cannot be told for sure: no
 * such connection, another agent started at about the same time, an agent that has ended, a server that logs nothing,
 * or a sandbox without the means to look.
 * @param connection `serverLogPath`: the server's log folder inside the sandbox; null if unknown.
 * @throws {SandboxError} when the sandbox does not answer.
 */
export async function findAgentProcesses(
  target: SandboxTarget,
  connection: { serverId: string; serverLogPath: string | null },
): Promise<AgentProcesses> {
  const { serverId, serverLogPath } = connection;
  if (serverLogPath === null) return [];
  const server = (await target.client.listAcpServers()).find((one) => one.serverId === serverId);
  if (server === undefined) return [];
  const log = await run(target, 'grep', ['-rhF', '--', spawnedMessage, serverLogPath]);
  const pid = agentPidOf(log.stdout, server.createdAtMs);
  return pid === null ? [] : processesOf((await runScript(target, ['find', String(pid)])).stdout);
}

/**
 * Gives the processes a short time to end by themselves, and ends those that are left, with what they have started
 * since. What others started is never touched.
 * @returns those that had to be ended.
 * @throws {SandboxError} when the sandbox does not answer.
 */
export async function endAgentProcesses(
  target: SandboxTarget,
  processes: AgentProcesses,
): Promise<AgentProcesses> {
  if (processes.length === 0) return [];
  const tenths = Math.ceil(agentProcessLimits.endGraceMs / 100);
  return processesOf((await runScript(target, ['end', String(tenths), ...processes])).stdout);
}

const spawnedMessage = 'message="agent process spawned"';
const spawnedLine = /^ts=(\S+) .*message="agent process spawned" pid=(\d+)/gm;

/**
 * The pid of the agent that the server's log says it started for a connection of this time: the server writes the line
 * and makes the connection within the same millisecond or so. Null when no agent, or more than one, was started then.
 */
export function agentPidOf(log: string, createdAtMs: number): number | null {
  const near = [...log.matchAll(spawnedLine)].filter(
    ([, time]) => Math.abs(Date.parse(time ?? '') - createdAtMs) <= agentProcessLimits.spawnWindowMs,
  );
  const pid = Number(near[0]?.[2]);
  return near.length === 1 && Number.isSafeInteger(pid) ? pid : null;
}

function processesOf(output: string): AgentProcesses {
  return output.split('\n').filter((line) => /^\d+:\d+$/.test(line));
}

const nothing = { exitCode: null, stdout: '', stderr: '', truncated: false } as const;

function runScript(target: SandboxTarget, args: readonly string[]): Promise<ExecuteResult> {
  return run(target, 'sh', ['-c', script, 'agent-process', ...args]);
}

async function run(target: SandboxTarget, command: string, args: readonly string[]): Promise<ExecuteResult> {
  try {
    const { commandTimeoutMs: timeoutMs } = agentProcessLimits;
    return await executeInSandbox(target, { command, args, cwd: '/', timeoutMs });
  } catch (error) {
    // A sandbox without the program: the connection is closed all the same.
    if (isSandboxError(error, 'command_failed')) return nothing;
    throw error;
  }
}
