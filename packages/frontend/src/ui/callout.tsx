import { CircleAlert, Info, TriangleAlert, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

const looks = {
  info: { icon: Info, className: 'border-line bg-panel text-ink-2', iconClass: 'text-ink-3' },
  warning: {
    icon: TriangleAlert,
    className: 'border-transparent bg-warning-soft text-ink',
    iconClass: 'text-warning',
  },
  error: {
    icon: CircleAlert,
    className: 'border-transparent bg-danger-soft text-ink',
    iconClass: 'text-danger',
  },
};

interface CalloutProps {
  tone: keyof typeof looks;
  /** Instead of the one of the tone. */
  icon?: LucideIcon;
  title?: string;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}

/** A message that stays in its place: what happened, why, and what can be done. Errors are announced. */
export function Callout({ tone, icon, title, children, action, className }: CalloutProps) {
  const look = looks[tone];
  const Icon = icon ?? look.icon;
  return (
    <div
      role={tone === 'error' ? 'alert' : undefined}
      className={classNames('@container rounded-lg border px-3 py-2.5', look.className, className)}
    >
      <div className="flex flex-col gap-2.5 @sm:flex-row @sm:items-start">
        <div className="flex min-w-0 flex-1 items-start gap-2.5">
          <Icon aria-hidden className={classNames('mt-0.5 size-4 shrink-0', look.iconClass)} />
          <div className="min-w-0 flex-1 [overflow-wrap:anywhere]">
            {title !== undefined && <p className="font-medium text-ink">{title}</p>}
            {children}
          </div>
        </div>
        {action !== undefined && <div className="@max-sm:ml-[26px]">{action}</div>}
      </div>
    </div>
  );
}
