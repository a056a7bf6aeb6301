import type { TranscriptItemBody } from '@foundry/shared/transcript';
import { expect } from 'vitest';
import { until, type Workspace } from './harness.ts';

/** What was said in a session, in order; fails when a sequence number is missing or there twice. */
export async function transcriptBodies(
  workspace: Workspace,
  sessionId: string,
): Promise<TranscriptItemBody[]> {
  const { items } = await workspace.sessionSnapshot(sessionId);
  expect(items.map(({ sequence }) => sequence)).toEqual(items.map((_, index) => index + 1));
  return items.map(({ body }) => body);
}

/** Waits until the agent asks for permission in the turn of that message. */
export async function openQuestion(
  workspace: Workspace,
  sessionId: string,
  messageId: string,
): Promise<{ sequence: number; requestId: string }> {
  return await until('the permission request', async () => {
    const { items } = await workspace.sessionSnapshot(sessionId);
    for (const { sequence, messageId: askedFor, body } of items) {
      if (body.kind === 'permission_request' && body.answer === null && askedFor === messageId) {
        return { sequence, requestId: body.requestId };
      }
    }
    return null;
  });
}
