import { Dialog } from '@base-ui/react/dialog';
import type { TaskPages } from '../organization/use-all-task-pages.ts';
import { Sidebar } from './sidebar.tsx';

interface SidebarDrawerProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  pages: TaskPages;
}

/** The sidebar on narrow screens. */
export function SidebarDrawer({ open, onOpenChange, pages }: SidebarDrawerProps) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-30 bg-black/40 transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Dialog.Popup className="fixed inset-y-0 left-0 z-30 w-[min(320px,86vw)] border-r border-line bg-panel shadow-xl transition-transform duration-200 outline-none data-ending-style:-translate-x-full data-starting-style:-translate-x-full">
          <Dialog.Title className="sr-only">Tasks</Dialog.Title>
          <Sidebar pages={pages} onNavigate={() => onOpenChange(false)} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
