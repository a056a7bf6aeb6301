import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';

interface BranchQuestionProps {
  message: string;
  pending: boolean;
  onUse: () => void;
  onNext: () => void;
}

/** A branch named by hand exists on GitHub already: to work on it has to be meant. */
export function BranchQuestion({ message, pending, onUse, onNext }: BranchQuestionProps) {
  return (
    <div role="alert">
      <Callout tone="warning" title="This branch exists already">
        {message}
        <div className="mt-2 flex flex-wrap gap-2">
          <Button type="button" disabled={pending} onClick={onNext}>
            Take the free name
          </Button>
          <Button type="button" disabled={pending} onClick={onUse}>
            Work on the existing branch
          </Button>
        </div>
      </Callout>
    </div>
  );
}
