import { Toast } from '@base-ui/react/toast';
import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { classNames } from './class-names.ts';

export const toastManager = Toast.createToastManager();

export function showError(title: string, description: string): void {
  toastManager.add({ title, description, type: 'error', timeout: 9_000, priority: 'high' });
}
export function showSuccess(title: string): void {
  toastManager.add({ title, type: 'success', timeout: 4_000 });
}

/** Short-lived messages in the corner; needs to be mounted once. */
export function Toasts() {
  return (
    <Toast.Provider toastManager={toastManager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-[60] flex w-[min(360px,calc(100vw-32px))] flex-col gap-2">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => {
    const isError = toast.type === 'error';
    const Icon = isError ? CircleAlert : CircleCheck;
    return (
      <Toast.Root key={toast.id} toast={toast} className="popup data-limited:hidden">
        <Toast.Content className="flex items-start gap-2.5 p-3">
          <Icon
            aria-hidden
            className={classNames('mt-0.5 size-4 shrink-0', isError ? 'text-danger' : 'text-success')}
          />
          <div className="min-w-0 flex-1 [overflow-wrap:anywhere]">
            <Toast.Title className="font-medium" />
            <Toast.Description className="text-ink-2" />
          </div>
          <Toast.Close
            aria-label="Dismiss"
            className="rounded p-0.5 text-ink-3 hover:bg-hover hover:text-ink"
          >
            <X aria-hidden className="size-3.5" />
          </Toast.Close>
        </Toast.Content>
      </Toast.Root>
    );
  });
}
