import type { ActorDatabase } from '../../../command-loop/database.ts';
import { AcpClient } from '../../../sandbox/acp-client.ts';
import type { SandboxError } from '../../../sandbox/sandbox-error.ts';
import { openSandbox } from '../../sandbox-access.ts';
import { readAgent, setTurn, writeAgent, type AgentRecord } from '../db/repository.ts';

export interface AgentPlace {
  readonly providerId: string;
  readonly sandboxId: string;
  readonly checkoutPath: string;
  readonly agentId: string;
}

/** The session's connection to its agent: one agent process for each session, under the session's own name. */
export async function connectAgent(
  sessionId: string,
  place: Omit<AgentPlace, 'checkoutPath'>,
  onPromptFailure?: (failure: { messageId: string; error: SandboxError }) => void,
): Promise<AcpClient> {
  const { target, identity } = await openSandbox(place.providerId, place.sandboxId);
  return new AcpClient({
    target,
    serverId: sessionId,
    agent: place.agentId,
    serverLogPath: identity.serverLogPath,
    ...(onPromptFailure === undefined ? {} : { onPromptFailure }),
  });
}

/** Asks the agent to stop, and notes when: from then on it has its time to do so. */
export async function cancelAgent(db: ActorDatabase, client: AcpClient, agent: AgentRecord): Promise<void> {
  await client.cancel(agent.agentSessionId);
  await setTurn(db, { cancelSentAtMs: Date.now() });
}

/**
 * Makes sure that an agent runs and has this session's conversation, and keeps what is needed to come back to it. In a
 * new sandbox the agent's own memory is gone; the transcript is not.
 */
export async function openAgent(
  db: ActorDatabase,
  client: AcpClient,
  place: AgentPlace,
  signal: AbortSignal,
): Promise<AgentRecord> {
  const known = await readAgent(db);
  const isSameSandbox = known?.sandboxId === place.sandboxId;
  if (isSameSandbox && known.exited) {
    // The server keeps the connection of a dead agent, and answers for it or not.
    await client.close();
  }
  const opened = await client.openSession({
    cwd: place.checkoutPath,
    agentSessionId: isSameSandbox ? known.agentSessionId : null,
    signal,
  });
  if (opened.how === 'attached' && known !== null) {
    return known;
  }
  const record: AgentRecord = {
    sandboxId: place.sandboxId,
    agentSessionId: opened.agentSessionId,
    epoch: (known?.epoch ?? 0) + 1,
    lastEventId: opened.lastEventId ?? 0,
    models: opened.models,
    currentModelId: opened.currentModelId,
    modelConfigId: opened.modelConfigId,
    exited: false,
  };
  await writeAgent(db, record);
  return record;
}

/** Chooses the model for the next turns unless the agent has it already. @throws {SandboxError} with the agent's words. */
export async function chooseModel(
  db: ActorDatabase,
  client: AcpClient,
  record: AgentRecord,
  modelId: string | null,
): Promise<AgentRecord> {
  if (modelId === null || modelId === record.currentModelId) {
    return record;
  }
  await client.setModel({
    agentSessionId: record.agentSessionId,
    modelId,
    modelConfigId: record.modelConfigId,
  });
  const after = { ...record, currentModelId: modelId };
  await writeAgent(db, after);
  return after;
}
