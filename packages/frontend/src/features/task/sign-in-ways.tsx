import { SignInAgain } from '../account/sign-in-again.tsx';
import { useUser } from '../account/use-user.ts';
import { TakeOver } from './take-over.tsx';
import { useTask } from './task-context.ts';

/** GitHub takes nothing from the task's owner: they sign in again, or somebody else goes on. */
export function SignInWays() {
  const { task } = useTask();
  const { profile } = useUser();
  return task.owner?.userId === profile.id ? <SignInAgain /> : <TakeOver />;
}
