import type { ReactNode } from 'react';

/** The place of the composer and what belongs to it, below the conversation and as wide. */
export function ComposerDock({ children }: { children: ReactNode }) {
  return (
    <div className="max-h-[65vh] shrink-0 overflow-y-auto px-3 pt-px pb-3 md:px-5 md:pb-4">
      <div className="mx-auto max-w-[760px] space-y-2">{children}</div>
    </div>
  );
}
