import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { PROTOCOL_VERSION, RequestError, agent } from '@agentclientprotocol/sdk';
import type {
  AgentApp,
  AgentContext,
  ContentBlock,
  PlanEntry,
  PromptResponse,
} from '@agentclientprotocol/sdk';
import { parsePrompt } from './instructions.ts';
import type { Instruction, ParsedPrompt } from './instructions.ts';
import { defaultModelId, findModel, modelConfigId, modelConfigOptions } from './models.ts';
import { SessionStore } from './session-store.ts';
import type { StoredSession } from './session-store.ts';
import { Turn, TurnCancelled } from './turn.ts';
import { Worker, helpText } from './worker.ts';

const introduction = "I am Foundry's demo agent: I follow scripted rules and am not a language model.\n\n";

interface LiveSession {
  stored: StoredSession;
  running: AbortController | undefined;
}

/**
 * The demo agent as an ACP app; connect it to a stream. `homeDirectory` is where sessions are
 * remembered (below `.foundry-demo-agent`).
 */
export function createDemoAgent(options: { homeDirectory: string }): AgentApp {
  const store = new SessionStore(path.join(options.homeDirectory, '.foundry-demo-agent'));
  const sessions = new Map<string, LiveSession>();

  const requireSession = (sessionId: string): LiveSession => {
    const session = sessions.get(sessionId);
    if (!session) throw RequestError.sessionNotFound(sessionId);
    return session;
  };

  return agent({ name: 'foundry-demo-agent' })
    .onRequest('initialize', () => ({
      protocolVersion: PROTOCOL_VERSION,
      agentInfo: { name: 'foundry-demo-agent', title: 'Foundry demo agent', version: '1.0.0' },
      agentCapabilities: { loadSession: true, promptCapabilities: { embeddedContext: true } },
      authMethods: [],
    }))
    .onRequest('session/new', async ({ params }) => {
      await requireFolder(params.cwd);
      const stored: StoredSession = {
        sessionId: randomUUID(),
        cwd: params.cwd,
        modelId: defaultModelId,
        turnCount: 0,
        allowedCommands: [],
        history: [],
      };
      await store.save(stored);
      sessions.set(stored.sessionId, { stored, running: undefined });
      return {
        sessionId: stored.sessionId,
        configOptions: modelConfigOptions(stored.modelId),
      };
    })
    .onRequest('session/load', async ({ params, client }) => {
      await requireFolder(params.cwd);
      const stored = await store.load(params.sessionId);
      if (!stored) throw RequestError.sessionNotFound(params.sessionId);
      stored.cwd = params.cwd;
      sessions.set(stored.sessionId, { stored, running: undefined });
      // ACP: the whole conversation is told again before the answer.
      for (const { role, text } of stored.history) {
        await client.notify('session/update', {
          sessionId: stored.sessionId,
          update: {
            sessionUpdate: role === 'user' ? 'user_message_chunk' : 'agent_message_chunk',
            content: { type: 'text', text },
          },
        });
      }
      return { configOptions: modelConfigOptions(stored.modelId) };
    })
    .onRequest('session/set_config_option', async ({ params }) => {
      const session = requireSession(params.sessionId);
      const modelId = params.configId === modelConfigId ? findModel(params.value) : undefined;
      if (!modelId) {
        throw RequestError.invalidParams({ configId: params.configId }, 'no such option or value');
      }
      session.stored.modelId = modelId;
      await store.save(session.stored);
      return { configOptions: modelConfigOptions(modelId) };
    })
    .onNotification('session/cancel', ({ params }) => {
      sessions.get(params.sessionId)?.running?.abort();
    })
    .onRequest('session/prompt', async ({ params, client }) => {
      const session = requireSession(params.sessionId);
      if (session.running) {
        throw RequestError.invalidRequest(undefined, 'this session is already working on a prompt');
      }
      session.running = new AbortController();
      try {
        return await runTurn(session, textOf(params.prompt), client, session.running.signal);
      } finally {
        session.running = undefined;
        await store.save(session.stored);
      }
    });
}

async function runTurn(
  session: LiveSession,
  prompt: string,
  client: AgentContext,
  signal: AbortSignal,
): Promise<PromptResponse> {
  const { stored } = session;
  const turn = new Turn({ client, sessionId: stored.sessionId, cwd: stored.cwd, signal });
  const allowed = new Set(stored.allowedCommands);
  try {
    if (stored.turnCount === 0) await turn.say(introduction);
    await follow(turn, new Worker(turn, stored.modelId, allowed), stored, parsePrompt(prompt));
    return { stopReason: 'end_turn' };
  } catch (error) {
    if (error instanceof TurnCancelled) return { stopReason: 'cancelled' };
    throw error;
  } finally {
    stored.turnCount += 1;
    stored.allowedCommands = [...allowed];
    stored.history.push({ role: 'user', text: prompt }, { role: 'agent', text: turn.spoken });
  }
}

async function follow(
  turn: Turn,
  worker: Worker,
  stored: StoredSession,
  parsed: ParsedPrompt,
): Promise<void> {
  if (parsed.instructions.length === 0) {
    await turn.say(`I did not understand that: I know a fixed list of instructions.\n\n${helpText}`);
    return;
  }
  const careful = stored.modelId === 'demo-careful';
  const commitsByItself = parsed.mayCommit && parsed.instructions.some(isEdit);
  const steps = parsed.instructions.map(describeInstruction);
  if (commitsByItself && parsed.instructions.at(-1)?.kind !== 'commit') steps.push('Commit');
  const showPlan = async (doneCount: number): Promise<void> => {
    if (careful && steps.length > 1) await turn.plan(planEntries(steps, doneCount));
  };
  if (careful) await turn.think(`The rules give ${steps.length} step(s): ${steps.join(', ')}.`);
  for (const [index, instruction] of parsed.instructions.entries()) {
    await showPlan(index);
    await worker.carryOut(instruction);
  }
  await showPlan(parsed.instructions.length);
  if (commitsByItself && worker.hasUncommittedEdits) await worker.commit();
  await showPlan(steps.length);
  if (parsed.notUnderstood.length > 0) {
    const list = parsed.notUnderstood.map((clause) => `- ${clause}`).join('\n');
    await turn.say(`I did not understand these parts and left them out:\n\n${list}\n\n${helpText}`);
  }
}

function planEntries(steps: readonly string[], doneCount: number): PlanEntry[] {
  return steps.map((content, index) => ({
    content,
    priority: 'medium',
    status: index < doneCount ? 'completed' : index === doneCount ? 'in_progress' : 'pending',
  }));
}

function isEdit({ kind }: Instruction): boolean {
  return ['create', 'append', 'replace', 'fixTypos', 'delete', 'rename'].includes(kind);
}

function describeInstruction(instruction: Instruction): string {
  switch (instruction.kind) {
    case 'create':
      return `Create ${instruction.path}`;
    case 'append':
      return `Append to ${instruction.path}`;
    case 'replace':
      return `Replace text in ${instruction.path}`;
    case 'fixTypos':
      return `Fix typos in ${instruction.path}`;
    case 'delete':
      return `Delete ${instruction.path}`;
    case 'rename':
      return `Rename ${instruction.from}`;
    case 'read':
      return `Read ${instruction.path}`;
    case 'list':
      return 'List files';
    case 'search':
      return 'Search';
    case 'test':
      return 'Run the tests';
    case 'run':
      return `Run ${instruction.command.join(' ')}`;
    case 'ask':
      return 'Ask for permission';
    case 'commit':
      return 'Commit';
    case 'slow':
      return `Count to ${instruction.steps}`;
    case 'bigOutput':
      return 'Write a big output';
    case 'crash':
      return 'Crash';
    case 'help':
      return 'Explain what I can do';
  }
}

/** The text of a prompt: text blocks, and what an embedded resource or a link names. */
function textOf(blocks: readonly ContentBlock[]): string {
  return blocks
    .map((block) => {
      switch (block.type) {
        case 'text':
          return block.text;
        case 'resource':
          return 'text' in block.resource ? block.resource.text : '';
        case 'resource_link':
          return block.name;
        case 'image':
        case 'audio':
          return '';
      }
    })
    .filter((text) => text !== '')
    .join('\n');
}

async function requireFolder(cwd: string): Promise<void> {
  const isFolder = await stat(cwd).then(
    (details) => details.isDirectory(),
    () => false,
  );
  if (!path.isAbsolute(cwd) || !isFolder) {
    throw RequestError.invalidParams({ cwd }, 'cwd must be an existing folder, as an absolute path');
  }
}
