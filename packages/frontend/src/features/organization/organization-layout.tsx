import { useTopic } from '@foundry/client/react/hooks';
import { atLeast } from '@foundry/shared/roles';
import { Outlet, useParams, useRouterState } from '@tanstack/react-router';
import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { FailureNotice } from '../../app/error-pages.tsx';
import { writeSetting } from '../../app/local-setting.ts';
import { useHasSidebar } from '../../app/use-media.ts';
import { useRealtimeRefresh } from '../../app/use-realtime-refresh.ts';
import { useShortcut } from '../../app/use-shortcut.ts';
import { AccessNotice } from '../account/access-notice.tsx';
import { focusComposer, useComposerComing } from '../composer/composer-focus.ts';
import { useRestoredDrafts } from '../composer/use-draft.ts';
import { NewTaskDialog } from '../new-task/new-task-dialog.tsx';
import { Sidebar } from '../sidebar/sidebar.tsx';
import { SidebarDrawer } from '../sidebar/sidebar-drawer.tsx';
import { OrganizationContext, pageId } from './organization-context.ts';
import { OrganizationSkeleton } from './organization-skeleton.tsx';
import { useAllTaskPages } from './use-all-task-pages.ts';

export function OrganizationLayout() {
  const { organizationId } = useParams({ from: '/signed-in/organizations/$organizationId' });
  const topic = { kind: 'organization', organizationId } as const;
  const view = useTopic<'organization'>(topic);
  const refresh = useRealtimeRefresh(topic);
  const [drawerOpen, setDrawerOpen] = useState(false);
  const [newTask, setNewTask] = useState<{ repositoryId?: string } | null>(null);
  const hasSidebar = useHasSidebar();
  const pages = useAllTaskPages(organizationId, view.data);
  const mayWrite = Object.values(view.data?.roles ?? {}).some((role) => atLeast(role, 'write'));
  useShortcut({ key: 'c' }, () => setNewTask({}), mayWrite);
  // Here rather than at the composer, which may still be on its way when the key is pressed.
  useShortcut({ key: 'm' }, focusComposer, view.data !== null);

  const isTaskPage = useRouterState({ select: (state) => state.location.pathname.includes('/tasks/') });
  useComposerComing(view.status === 'loading' && isTaskPage);
  useRestoredDrafts();

  const page = useRef<HTMLDivElement>(null);
  const pathname = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const keepFocus = useEffectEvent((_arrivedAt: string | undefined) => {
    // The link that led here went away with its page: without this, keys would begin at the top again.
    if (document.activeElement === document.body) page.current?.focus({ preventScroll: true });
  });
  useEffect(() => keepFocus(pathname), [pathname]);

  const known = view.data !== null;
  useEffect(() => {
    if (known) writeSetting('last-organization', organizationId);
  }, [known, organizationId]);

  const value = useMemo(
    () =>
      view.data === null
        ? null
        : {
            organization: view.data,
            openSidebar: () => setDrawerOpen(true),
            openNewTask: (repositoryId?: string) =>
              setNewTask(repositoryId === undefined ? {} : { repositoryId }),
          },
    [view.data],
  );

  if (view.status === 'error') {
    return (
      <main id="content" className="flex h-full flex-col items-center justify-center gap-4 px-4">
        {/* Often the reason: without a valid sign-in at GitHub nothing can be seen. */}
        <div className="max-w-[520px] empty:hidden">
          <AccessNotice />
        </div>
        <FailureNotice error={view.error} onRetry={refresh} />
      </main>
    );
  }
  if (value === null) return <OrganizationSkeleton />;
  return (
    <OrganizationContext value={value}>
      <div className="flex h-full">
        {hasSidebar ? (
          <div className="w-[272px] shrink-0 border-r border-line wide:w-[288px]">
            <Sidebar pages={pages} />
          </div>
        ) : (
          <SidebarDrawer open={drawerOpen} onOpenChange={setDrawerOpen} pages={pages} />
        )}
        <div ref={page} id={pageId} tabIndex={-1} className="min-w-0 flex-1 outline-none">
          <Outlet />
        </div>
      </div>
      <NewTaskDialog request={newTask} onClose={() => setNewTask(null)} />
    </OrganizationContext>
  );
}
