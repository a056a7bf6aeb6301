import { useFoundryClient } from '@foundry/client/react/hooks';
import type { AccessProblem } from '@foundry/shared/entities';
import { RefreshCw } from 'lucide-react';
import { useCommand } from '../../app/use-command.ts';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { clockTime } from '../../ui/time.tsx';
import { SignInAgain } from './sign-in-again.tsx';
import { useUser } from './use-user.ts';

const titles: Record<AccessProblem['kind'], string> = {
  sign_in_required: 'Sign in with GitHub again',
  github_unavailable: 'GitHub does not answer',
  rate_limited: 'GitHub asks us to slow down',
  not_admitted: 'This server is for other accounts',
};

/** Why GitHub has not told what the person may see, and the way on; nothing when it has. */
export function AccessNotice() {
  const { accessProblem } = useUser();
  if (accessProblem === null) return null;
  const { kind, message, retryAtMs } = accessProblem;
  return (
    <Callout
      tone={kind === 'rate_limited' ? 'warning' : 'error'}
      title={titles[kind]}
      action={kind === 'sign_in_required' ? <SignInAgain /> : <AskAgain />}
    >
      {message}
      {retryAtMs !== null && ` Trying again at ${clockTime(retryAtMs)}.`}
    </Callout>
  );
}

function AskAgain() {
  const { api } = useFoundryClient();
  const refresh = useCommand(() => api.refreshAccess(), {
    at: null,
    failureTitle: 'Access was not refreshed',
  });
  return (
    <Button size="sm" pending={refresh.pending} onClick={() => void refresh.run()}>
      {!refresh.pending && <RefreshCw aria-hidden className="size-3.5" />}
      Ask now
    </Button>
  );
}
