import { toApiError } from '@foundry/client/api-error';
import { useFoundryClient } from '@foundry/client/react/hooks';
import { ownPath } from '@foundry/shared/own-path';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { ExternalLink } from 'lucide-react';
import { configQuery } from '../../app/queries.ts';
import { useTitle } from '../../app/use-title.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { GitHubMark, Logo } from './logo.tsx';
import { useSignIn } from './use-sign-in.ts';
import { signInErrorText } from './sign-in-error-text.ts';

/** Only paths of this site: a link from elsewhere must not choose where a person lands after signing in. */
function safePath(next: string | undefined): string {
  const path = ownPath(next ?? '/') ?? '/';
  return path.startsWith('/sign-in') ? '/' : path;
}

export function SignInPage() {
  const { api } = useFoundryClient();
  const search = useSearch({ from: '/sign-in' });
  const config = useQuery(configQuery(api));
  const { pending, failure, signIn } = useSignIn(safePath(search.next));
  useTitle('Sign in');

  const name = config.data?.appName ?? 'Foundry';
  const message = failure ?? (search.error === undefined ? null : signInErrorText(search.error));
  const isRefused = failure === null && search.error === 'account_not_allowed';
  const installUrl = config.data?.installUrl ?? null;
  return (
    <main
      id="content"
      className="flex h-full flex-col items-center justify-center overflow-y-auto bg-panel px-4 py-10"
    >
      <div className="w-full max-w-[360px]">
        <div className="mb-6 flex flex-col items-center text-center">
          <Logo size={44} />
          <h1 className="mt-4 text-xl font-semibold tracking-tight">Sign in to {name}</h1>
          <p className="mt-1 text-base text-ink-2">Give work to coding agents, together.</p>
        </div>
        <div className="space-y-3 rounded-xl border border-line bg-raised p-5">
          {message !== null && (
            <Callout
              tone="error"
              title={isRefused ? 'You are not admitted here' : 'Signing in did not work'}
              action={isRefused && installUrl !== null ? <InstallLink href={installUrl} /> : undefined}
            >
              {message}
            </Callout>
          )}
          {search.reason === 'ended' && message === null && (
            <Callout tone="info">Your session has ended. Sign in to go on where you were.</Callout>
          )}
          {search.reason === 'signed_out' && message === null && (
            <Callout tone="info">You are signed out.</Callout>
          )}
          {config.isError && (
            <Callout
              tone="error"
              title="The server does not answer"
              action={
                <Button size="sm" onClick={() => void config.refetch()}>
                  Try again
                </Button>
              }
            >
              {toApiError(config.error).message}
            </Callout>
          )}
          <Button
            variant="primary"
            size="lg"
            className="w-full"
            pending={pending}
            onClick={() => void signIn()}
          >
            {!pending && <GitHubMark />}
            Continue with GitHub
          </Button>
          {config.data?.demo === true && (
            <p className="text-center text-balance text-ink-2">
              This is the demo: no account is needed. The next page is a stand-in for GitHub where you pick
              one of its users.
            </p>
          )}
        </div>
      </div>
    </main>
  );
}

function InstallLink({ href }: { href: string }) {
  return (
    <a href={href} className={buttonClass('secondary', 'sm')}>
      Install the GitHub App
      <ExternalLink aria-hidden className="size-3.5" />
    </a>
  );
}
