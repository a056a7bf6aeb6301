import { useId } from 'react';
import type { ReactNode } from 'react';

interface LabelledFieldProps {
  label: string;
  hint?: string;
  error?: string | undefined;
  optional?: boolean;
  /** Gets the attributes that tie the control to its label, hint and error. */
  children: (control: { id: string; 'aria-describedby': string; 'aria-invalid': boolean }) => ReactNode;
}

export function LabelledField({ label, hint, error, optional = false, children }: LabelledFieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  return (
    <div>
      <label htmlFor={id} className="mb-1 block font-medium">
        {label}
        {optional && <span className="ml-1.5 font-normal text-ink-3">optional</span>}
      </label>
      {children({ id, 'aria-describedby': noteId, 'aria-invalid': error !== undefined })}
      <p
        id={noteId}
        aria-live="polite"
        className={error === undefined ? 'mt-1 text-xs text-ink-3' : 'mt-1 text-xs text-danger'}
      >
        {error ?? hint}
      </p>
    </div>
  );
}
