import { Popover as BasePopover } from '@base-ui/react/popover';
import type { ReactElement, ReactNode } from 'react';
import { classNames } from './class-names.ts';

interface PopoverProps {
  trigger: ReactElement;
  title?: string;
  children: ReactNode;
  align?: 'start' | 'center' | 'end';
  className?: string;
  /** Given together when the caller opens and closes it. */
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  /** Gets the focus when it closes, instead of its trigger. */
  finalFocus?: () => boolean | HTMLElement | null;
}

export function Popover({
  trigger,
  title,
  children,
  align = 'start',
  className,
  open,
  onOpenChange,
  finalFocus,
}: PopoverProps) {
  return (
    <BasePopover.Root open={open} onOpenChange={onOpenChange}>
      <BasePopover.Trigger render={trigger} />
      <BasePopover.Portal>
        <BasePopover.Positioner
          className="z-50 outline-none"
          sideOffset={6}
          align={align}
          collisionPadding={8}
        >
          <BasePopover.Popup
            finalFocus={finalFocus}
            className={classNames('popup max-w-[calc(100vw-16px)] p-3', className)}
          >
            {title !== undefined && (
              <BasePopover.Title className="mb-2 font-semibold">{title}</BasePopover.Title>
            )}
            {children}
          </BasePopover.Popup>
        </BasePopover.Positioner>
      </BasePopover.Portal>
    </BasePopover.Root>
  );
}
