import { Progress } from '@base-ui/react/progress';

/** `value` from 0 to 1, or null while the amount is unknown. */
export function ProgressBar({ label, value }: { label: string; value: number | null }) {
  return (
    <Progress.Root aria-label={label} value={value === null ? null : Math.round(value * 100)}>
      <Progress.Track className="h-1 overflow-hidden rounded-full bg-selected">
        <Progress.Indicator className="h-full rounded-full bg-accent transition-[width] duration-300 data-indeterminate:w-1/3 data-indeterminate:animate-breathe" />
      </Progress.Track>
    </Progress.Root>
  );
}
