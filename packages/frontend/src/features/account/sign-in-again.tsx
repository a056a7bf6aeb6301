import { Button } from '../../ui/button.tsx';
import { useSignIn } from './use-sign-in.ts';

/** To GitHub, and back to this page. */
export function SignInAgain() {
  const { pending, failure, signIn } = useSignIn(location.pathname);
  return (
    <>
      <Button size="sm" variant="primary" pending={pending} onClick={() => void signIn()}>
        Sign in with GitHub
      </Button>
      {failure !== null && <p className="mt-1 text-danger">{failure}</p>}
    </>
  );
}
