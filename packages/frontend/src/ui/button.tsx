import type { ComponentProps, MouseEvent } from 'react';
import { classNames } from './class-names.ts';
import { Spinner } from './spinner.tsx';

type Variant = 'primary' | 'secondary' | 'ghost' | 'danger';

const variants: Record<Variant, string> = {
  primary: 'bg-accent text-accent-ink hover:bg-accent-hover',
  secondary: 'border border-line-strong bg-raised text-ink hover:bg-hover',
  ghost: 'text-ink-2 hover:bg-hover hover:text-ink',
  danger: 'border border-line-strong bg-raised text-danger hover:bg-danger-soft',
};
const sizes = {
  sm: 'h-6 px-2 text-xs gap-1',
  md: 'h-8 px-3 gap-1.5',
  lg: 'h-10 px-4 gap-2 text-base',
  icon: 'size-8',
};
const base =
  'inline-flex shrink-0 select-none items-center justify-center rounded-[7px] font-medium whitespace-nowrap transition-colors disabled:pointer-events-none disabled:opacity-50 aria-disabled:opacity-50';

/** The look of a button, for links that act like one. */
export function buttonClass(variant: Variant = 'secondary', size: keyof typeof sizes = 'md'): string {
  return classNames(base, variants[variant], sizes[size]);
}

interface ButtonProps extends ComponentProps<'button'> {
  variant?: Variant;
  size?: keyof typeof sizes;
  /** Work is under way: shows a spinner and takes no further press. */
  pending?: boolean;
}

/** Of a button whose work is under way. It is not `disabled`, which would take the focus away from whoever pressed it. */
function pendingProps(pending: boolean) {
  if (!pending) return {};
  const onClick = (event: MouseEvent) => event.preventDefault();
  return { 'aria-disabled': true, 'aria-busy': true, onClick } as const;
}

export function Button({ variant, size, pending = false, className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      {...pendingProps(pending)}
      className={classNames(buttonClass(variant, size), className)}
    >
      {pending && <Spinner />}
      {children}
    </button>
  );
}

interface IconButtonProps extends ComponentProps<'button'> {
  /** Read aloud and shown on hover. */
  label: string;
  /** For lines of text. */
  small?: boolean;
  /** As of a button: the spinner takes the icon's place. */
  pending?: boolean;
}

export function IconButton({
  label,
  small = false,
  pending = false,
  className,
  children,
  ...rest
}: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      {...pendingProps(pending)}
      className={classNames(
        'inline-flex shrink-0 items-center justify-center rounded-md text-ink-2 transition-colors hover:bg-hover hover:text-ink disabled:pointer-events-none disabled:opacity-50',
        small ? 'size-6' : 'size-7',
        className,
      )}
    >
      {pending ? <Spinner /> : children}
    </button>
  );
}
