import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

interface EmptyStateProps {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** It is all that its page has to say, so its title is the page's. */
  isPage?: boolean;
}

const titleClass = 'text-base font-medium';

export function EmptyState({ icon: Icon, title, children, action, isPage = false }: EmptyStateProps) {
  return (
    <div className="mx-auto flex max-w-sm flex-col items-center px-6 py-10 text-center">
      <Icon aria-hidden strokeWidth={1.5} className="mb-3 size-7 text-ink-3" />
      {isPage ? <h1 className={titleClass}>{title}</h1> : <p className={titleClass}>{title}</p>}
      {children !== undefined && <div className="mt-1 text-balance text-ink-2">{children}</div>}
      {action !== undefined && <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}
