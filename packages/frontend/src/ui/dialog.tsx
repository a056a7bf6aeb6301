import { Dialog as BaseDialog } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { useRef } from 'react';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: string;
  children: ReactNode;
  /** For a list or a question. */
  isNarrow?: boolean;
  /** Called when it closes: true gives the focus back to whoever had it before, false leaves it alone. */
  finalFocus?: () => boolean;
}

/**
 * A control with `data-initial-focus` gets the focus instead of the first one. Not `autoFocus`: that takes it before
 * Base UI has noted who had it, so that it could not be given back on closing.
 */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  isNarrow = false,
  finalFocus = () => true,
}: DialogProps) {
  const popup = useRef<HTMLDivElement>(null);
  const focusInitial = () => {
    const control = popup.current?.querySelector<HTMLElement>('[data-initial-focus]');
    // At once: Base UI waits for a frame, and the next key belongs to the dialog.
    control?.focus();
    return control ?? true;
  };
  return (
    <BaseDialog.Root open={open} onOpenChange={onOpenChange}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className="fixed inset-0 z-40 bg-black/30 transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0 dark:bg-black/60" />
        <BaseDialog.Popup
          ref={popup}
          initialFocus={focusInitial}
          finalFocus={finalFocus}
          className={classNames(
            'popup fixed top-[8vh] left-1/2 z-50 flex max-h-[84vh] -translate-x-1/2 flex-col max-sm:top-3 max-sm:max-h-[calc(100dvh-24px)]',
            isNarrow ? 'w-[min(420px,calc(100vw-24px))]' : 'w-[min(560px,calc(100vw-24px))]',
          )}
        >
          <header className="flex items-start gap-3 px-5 pt-4 pb-2">
            <div className="min-w-0 flex-1">
              <BaseDialog.Title className="text-lg font-semibold">{title}</BaseDialog.Title>
              {description !== undefined && (
                <BaseDialog.Description className="mt-0.5 text-ink-2">{description}</BaseDialog.Description>
              )}
            </div>
            <BaseDialog.Close
              aria-label="Close"
              className="-mr-1.5 inline-flex size-7 items-center justify-center rounded-md text-ink-2 hover:bg-hover hover:text-ink"
            >
              <X aria-hidden className="size-4" />
            </BaseDialog.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto rounded-b-[10px] px-5 pb-5">{children}</div>
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

/** The buttons at a dialog's end; they stay in view while what is above them scrolls. */
export function DialogActions({ children }: { children: ReactNode }) {
  return (
    <div className="sticky -bottom-5 -mx-5 -mb-5 flex items-center justify-end gap-2 bg-raised px-5 pt-2 pb-5">
      {children}
    </div>
  );
}
