import { setTimeout as sleep } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { acpMessageSchema } from './acp-messages.ts';
import type { AcpEvent } from './acp-messages.ts';
import type { SandboxAgentClient } from './sandbox-agent-client.ts';
import { SandboxError, toSandboxError } from './sandbox-error.ts';

/** The server sends a sign of life every 15 s. */
const defaultSilenceTimeoutMs = 40_000;
const defaultReconnectTimeoutMs = 30_000;
const firstBackoffMs = 100;
const maxBackoffMs = 2_000;

export interface AcpStreamOptions {
  /** The last event that was dealt with; 0 for all that the server still has. */
  lastEventId: number;
  /** Ends the stream without an error. */
  signal: AbortSignal;
  /** A connection silent for so long counts as dead and is replaced. */
  silenceTimeoutMs?: number;
  /** How long to try before giving up with `unreachable`. */
  reconnectTimeoutMs?: number;
  /** Told of every lost connection. */
  onReconnect?: (error: SandboxError) => void;
  /** Told when events are missing: the server keeps about the last 1,000. */
  onGap?: (gap: { afterEventId: number; missedCount: number }) => void;
  /** Told of an event that is no JSON-RPC message; it is left out. */
  onMalformed?: (malformed: { eventId: number; reason: string }) => void;
}

/**
 * The events of an agent connection, each once and in order, across lost connections. Throws
 * `not_found` when the server does not know the connection (it was restarted, or the connection
 * deleted): event ids then begin anew, so the caller has to open the session again.
 */
export async function* readAcpStream(
  client: SandboxAgentClient,
  serverId: string,
  options: AcpStreamOptions,
): AsyncGenerator<AcpEvent, void, undefined> {
  let lastEventId = options.lastEventId;
  let failingSinceMs: number | undefined;
  let backoffMs = firstBackoffMs;
  while (!options.signal.aborted) {
    try {
      for await (const raw of readConnection(client, serverId, lastEventId, options)) {
        failingSinceMs = undefined;
        backoffMs = firstBackoffMs;
        if (raw.eventId <= lastEventId) continue;
        if (raw.eventId > lastEventId + 1) {
          options.onGap?.({
            afterEventId: lastEventId,
            missedCount: raw.eventId - lastEventId - 1,
          });
        }
        lastEventId = raw.eventId;
        const parsed = parseMessage(raw.data);
        if (typeof parsed === 'string') {
          options.onMalformed?.({ eventId: raw.eventId, reason: parsed });
        } else {
          yield { eventId: raw.eventId, message: parsed };
        }
      }
      if (options.signal.aborted) return;
      throw new SandboxError('unreachable', 'The event stream ended.');
    } catch (error) {
      if (options.signal.aborted) return;
      const problem = toSandboxError(error, 'unreachable', 'The event stream broke.');
      if (problem.code !== 'unreachable' && problem.code !== 'timeout') throw problem;
      options.onReconnect?.(problem);
      failingSinceMs ??= Date.now();
      const limitMs = options.reconnectTimeoutMs ?? defaultReconnectTimeoutMs;
      if (Date.now() - failingSinceMs > limitMs) throw problem;
      await pause(backoffMs, options.signal);
      backoffMs = Math.min(backoffMs * 2, maxBackoffMs);
    }
  }
}

interface RawEvent {
  eventId: number;
  data: string;
}

/** One connection until it ends, breaks, or stays silent for too long. */
async function* readConnection(
  client: SandboxAgentClient,
  serverId: string,
  lastEventId: number,
  options: AcpStreamOptions,
): AsyncGenerator<RawEvent, void, undefined> {
  const watchdog = new AbortController();
  const silenceTimeoutMs = options.silenceTimeoutMs ?? defaultSilenceTimeoutMs;
  const restartWatchdog = (): NodeJS.Timeout =>
    setTimeout(
      () => watchdog.abort(new SandboxError('timeout', 'The event stream fell silent.')),
      silenceTimeoutMs,
    );
  let timer = restartWatchdog();
  const pending: RawEvent[] = [];
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      const eventId = Number(id);
      const isMessage = event === undefined || event === 'message';
      if (isMessage && Number.isSafeInteger(eventId)) pending.push({ eventId, data });
    },
  });
  const decoder = new TextDecoder();
  try {
    const body = await client.openStream(`/v1/acp/${encodeURIComponent(serverId)}`, {
      headers: { 'last-event-id': String(lastEventId) },
      signal: AbortSignal.any([options.signal, watchdog.signal]),
    });
    for await (const bytes of body) {
      clearTimeout(timer);
      timer = restartWatchdog();
      parser.feed(decoder.decode(bytes, { stream: true }));
      yield* pending.splice(0);
    }
  } catch (error) {
    if (watchdog.signal.aborted) throw watchdog.signal.reason;
    throw error;
  } finally {
    clearTimeout(timer);
    watchdog.abort();
  }
}

function parseMessage(data: string): AcpEvent['message'] | string {
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const parsed = acpMessageSchema.safeParse(json);
  return parsed.success ? parsed.data : parsed.error.message;
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(durationMs, undefined, { signal });
  } catch (error) {
    // The caller's loop ends at its next look at the signal.
    if (!signal.aborted) throw error;
  }
}
