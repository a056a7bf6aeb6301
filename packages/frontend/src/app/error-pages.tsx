import { toApiError } from '@foundry/client/api-error';
import { Link, useRouter } from '@tanstack/react-router';
import { CircleAlert, Lock, SearchX } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button, buttonClass } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { useTitle } from './use-title.ts';

function Centered({ children }: { children: ReactNode }) {
  return (
    <main id="content" className="flex h-full items-center justify-center">
      {children}
    </main>
  );
}

export function NotFoundPage() {
  useTitle('Not found');
  return (
    <Centered>
      <NotFoundNotice />
    </Centered>
  );
}

/** For pages inside the frame of another page. */
export function NotFoundNotice({
  children = 'The address may be mistyped, or what was here is gone.',
}: {
  children?: ReactNode;
}) {
  return (
    <EmptyState
      isPage
      icon={SearchX}
      title="There is nothing here"
      action={
        <Link to="/organizations" className={buttonClass()}>
          All organizations
        </Link>
      }
    >
      {children}
    </EmptyState>
  );
}

/** A failure in words, with what can be done about it. `onRetry` is left out where a repeat cannot help. */
export function FailureNotice({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  const failure = toApiError(error);
  if (failure.status === 403 || failure.code === 'forbidden') {
    return (
      <EmptyState
        isPage
        icon={Lock}
        title="You have no access to this"
        action={
          <Link to="/organizations" className={buttonClass()}>
            All organizations
          </Link>
        }
      >
        {failure.message}
      </EmptyState>
    );
  }
  if (failure.status === 404 || failure.code === 'not_found')
    return <NotFoundNotice>{failure.message}</NotFoundNotice>;
  return (
    <EmptyState
      icon={CircleAlert}
      title="This could not be loaded"
      action={onRetry !== undefined && <Button onClick={onRetry}>Try again</Button>}
    >
      <p role="alert">{failure.message}</p>
      {failure.requestId !== undefined && (
        <p className="mt-2 font-mono text-xs text-ink-3">Request {failure.requestId}</p>
      )}
    </EmptyState>
  );
}

export function ErrorPage({ error }: { error: unknown }) {
  const router = useRouter();
  useTitle('Something went wrong');
  return (
    <Centered>
      <FailureNotice error={error} onRetry={() => void router.invalidate()} />
    </Centered>
  );
}
