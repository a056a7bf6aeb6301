import type { TranscriptItemBody } from '@foundry/shared/transcript';
import { expect } from 'vitest';
import type { Workspace } from './harness.ts';

/** What was said in a session, in order; fails when a sequence number is missing or there twice. */
export async function transcriptBodies(
  workspace: Workspace,
  sessionId: string,
): Promise<TranscriptItemBody[]> {
  const { items } = await workspace.sessionSnapshot(sessionId);
  expect(items.map(({ sequence }) => sequence)).toEqual(items.map((_, index) => index + 1));
  return items.map(({ body }) => body);
}
