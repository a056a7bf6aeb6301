import { Skeleton } from '../../ui/spinner.tsx';

const rows = Array.from({ length: 9 }, (_, index) => index);

export function OrganizationSkeleton() {
  return (
    <div role="status" aria-label="Loading the organization" className="flex h-full">
      <div className="hidden w-[288px] shrink-0 space-y-4 border-r border-line bg-panel p-3 md:block">
        <Skeleton className="h-8" />
        <Skeleton className="h-8" />
        {rows.map((row) => (
          <div key={row} className="space-y-1.5">
            <Skeleton className="h-3.5 w-4/5" />
            <Skeleton className="h-3 w-2/5" />
          </div>
        ))}
      </div>
      <main id="content" className="flex-1 space-y-4 p-8">
        <Skeleton className="h-6 w-56" />
        <Skeleton className="h-4 w-80" />
        <Skeleton className="h-40 max-w-3xl" />
      </main>
    </div>
  );
}
