import { LoaderCircle } from 'lucide-react';
import { classNames } from './class-names.ts';

export function Spinner({ className }: { className?: string }) {
  return <LoaderCircle aria-hidden className={classNames('size-3.5 animate-spin', className)} />;
}

/** Fills its parent while something loads. `label` is read aloud. */
export function Loading({ label }: { label: string }) {
  return (
    <div role="status" className="flex h-full min-h-24 items-center justify-center gap-2 text-ink-3">
      <Spinner className="size-4" />
      <span>{label}</span>
    </div>
  );
}

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={classNames('animate-pulse rounded-md bg-selected', className)} />;
}
