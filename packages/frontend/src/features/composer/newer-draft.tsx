import type { Draft } from '@foundry/shared/entities';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';

interface NewerDraftProps {
  theirs: Draft;
  onChoose: (which: 'mine' | 'theirs') => void;
}

/** Two pages of one person wrote to the same session: which text stays is theirs to say. */
export function NewerDraft({ theirs, onChoose }: NewerDraftProps) {
  return (
    <div role="status">
      <Callout tone="warning" title="You wrote something else here on another device or in another tab">
        <blockquote className="mt-1 line-clamp-4 border-l-2 border-line-strong pl-2 whitespace-pre-wrap text-ink-2">
          {theirs.text}
        </blockquote>
        <div className="mt-2 flex flex-wrap gap-2">
          <Button size="sm" onClick={() => onChoose('theirs')}>
            Use that one
          </Button>
          <Button size="sm" onClick={() => onChoose('mine')}>
            Keep this one
          </Button>
        </div>
      </Callout>
    </div>
  );
}
