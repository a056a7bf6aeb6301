import { createFoundryClient } from '@foundry/client/foundry-client';
import { FoundryClientContext } from '@foundry/client/react/hooks';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { Toasts } from '../ui/toasts.tsx';
import { createAppRouter } from './router.tsx';
import { shouldRetry } from './should-retry.ts';

const client = createFoundryClient({ origin: location.origin });
const queryClient = new QueryClient({
  defaultOptions: { queries: { retry: shouldRetry, staleTime: 30_000, refetchOnWindowFocus: false } },
});
const router = createAppRouter({ client, queryClient });

export function App() {
  return (
    <FoundryClientContext value={client}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <Toasts />
      </QueryClientProvider>
    </FoundryClientContext>
  );
}
