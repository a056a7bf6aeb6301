import { userFromSnapshot } from '@foundry/client/reducers/small-topics';
import type { UserState } from '@foundry/client/reducers/small-topics';
import { useFoundryClient, useTopic } from '@foundry/client/react/hooks';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { meQuery } from '../../app/queries.ts';

/** The signed-in person, live. Only below the signed-in route, which has read the first snapshot. */
export function useUser(): UserState {
  const { api } = useFoundryClient();
  const { data } = useSuspenseQuery(meQuery(api));
  const first = useMemo(() => userFromSnapshot(data), [data]);
  return useTopic<'user'>({ kind: 'user' }).data ?? first;
}
