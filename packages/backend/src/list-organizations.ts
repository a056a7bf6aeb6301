import { organizationSchema, type Organization } from '@foundry/shared/entities';
import { z } from 'zod';
import { appAddress } from './actors/addresses.ts';
import type { ActorAddress } from './command-loop/catalog.ts';

/**
 * The accounts that this server has to do with, as the App actor lists them.
 * @param call asks an actor, with the caller's own patience.
 * @param max at most so many (R13).
 */
export async function listOrganizations(
  call: (address: ActorAddress, action: string, args: readonly unknown[]) => Promise<unknown>,
  max: number,
): Promise<Organization[]> {
  const answer = await call(appAddress(), 'organizations', []);
  return z.array(organizationSchema).parse(answer).slice(0, max);
}
