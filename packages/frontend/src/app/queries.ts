import type { Api, TaskAddress } from '@foundry/client/api';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';

export const configQuery = (api: Api) =>
  queryOptions({ queryKey: ['config'], queryFn: ({ signal }) => api.config(signal), staleTime: Infinity });

export const meQuery = (api: Api) =>
  queryOptions({ queryKey: ['me'], queryFn: ({ signal }) => api.me(signal), staleTime: Infinity });

export const openTaskQuery = (api: Api, at: TaskAddress) =>
  queryOptions({
    queryKey: ['open-task', at.organizationId, at.taskId],
    queryFn: () => api.openTask(at),
    staleTime: Infinity,
    gcTime: 60_000,
  });

/** `revision` changes whenever the checkout did, so that an old diff is not shown for new files. */
export const diffQuery = (api: Api, at: TaskAddress, path: string, revision: string) =>
  queryOptions({
    queryKey: ['diff', at.organizationId, at.taskId, path, revision],
    queryFn: ({ signal }) => api.diff(at, path, signal),
    staleTime: Infinity,
    gcTime: 60_000,
  });

export const auditQuery = (api: Api, organizationId: string) =>
  infiniteQueryOptions({
    queryKey: ['audit', organizationId],
    queryFn: ({ signal, pageParam }) =>
      api.audit(organizationId, { limit: 50, ...(pageParam === null ? {} : { cursor: pageParam }) }, signal),
    initialPageParam: null as string | null, // widened from the literal null
    getNextPageParam: (page) => page.nextCursor,
  });
