import { Menu as BaseMenu } from '@base-ui/react/menu';
import { Check } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';

const itemClass =
  'flex min-h-7 items-center gap-2 rounded-md px-2 py-1 -outline-offset-2 select-none data-highlighted:bg-selected data-disabled:opacity-50';

interface MenuProps {
  trigger: ReactElement;
  children: ReactNode;
  align?: 'start' | 'center' | 'end';
}

export function Menu({ trigger, children, align = 'start' }: MenuProps) {
  return (
    <BaseMenu.Root>
      <BaseMenu.Trigger render={trigger} />
      <BaseMenu.Portal>
        <BaseMenu.Positioner className="z-50 outline-none" sideOffset={5} align={align} collisionPadding={8}>
          <BaseMenu.Popup className="popup max-h-[60vh] min-w-44 overflow-y-auto p-1">
            {children}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

export function MenuItem({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <BaseMenu.Item className={itemClass} onClick={onClick}>
      {children}
    </BaseMenu.Item>
  );
}

export function MenuLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <BaseMenu.LinkItem className={itemClass} href={href} target="_blank" rel="noreferrer">
      {children}
    </BaseMenu.LinkItem>
  );
}

export function MenuSeparator() {
  return <BaseMenu.Separator className="mx-1 my-1 h-px bg-line" />;
}

interface MenuChoicesProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  choices: readonly { value: string; label: ReactNode; hint?: string | null }[];
}

/** One of several, with a tick at the chosen one. */
export function MenuChoices({ label, value, onChange, choices }: MenuChoicesProps) {
  return (
    <BaseMenu.RadioGroup
      aria-label={label}
      value={value}
      onValueChange={(next: unknown) => onChange(String(next))}
    >
      {choices.map((choice) => (
        <BaseMenu.RadioItem key={choice.value} value={choice.value} closeOnClick className={itemClass}>
          <span className="flex size-4 shrink-0 items-center">
            <BaseMenu.RadioItemIndicator>
              <Check aria-hidden className="size-3.5" />
            </BaseMenu.RadioItemIndicator>
          </span>
          <span className="min-w-0">
            <span className="block truncate">{choice.label}</span>
            {choice.hint !== null && choice.hint !== undefined && (
              <span className="block max-w-64 text-xs text-ink-3">{choice.hint}</span>
            )}
          </span>
        </BaseMenu.RadioItem>
      ))}
    </BaseMenu.RadioGroup>
  );
}
