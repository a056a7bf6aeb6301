import type { SessionAddress } from '@foundry/client/api';
import { useTopic } from '@foundry/client/react/hooks';
import { useEffect } from 'react';
import { FailureNotice } from '../../app/error-pages.tsx';
import { useRealtimeRefresh } from '../../app/use-realtime-refresh.ts';
import { Loading } from '../../ui/spinner.tsx';
import { ComposerDock } from '../composer/composer-dock.tsx';
import { Composer } from '../composer/composer.tsx';
import { MessageQueue } from '../composer/message-queue.tsx';
import { StatusLine } from '../composer/status-line.tsx';
import { WaitingComposer } from '../composer/waiting-composer.tsx';
import { Announcer } from '../transcript/announcer.tsx';
import { Transcript } from '../transcript/transcript.tsx';
import { rememberModels } from './remembered.ts';
import { SessionContext } from './session-context.ts';
import { useTask } from './task-context.ts';
import { TaskNotice } from './task-notice.tsx';

export function SessionView({ at }: { at: SessionAddress }) {
  const topic = { kind: 'session', ...at } as const;
  const view = useTopic<'session'>(topic);
  const refresh = useRealtimeRefresh(topic);
  const { task } = useTask();
  const models = view.data?.session.models;
  useEffect(() => {
    if (models !== undefined) rememberModels(models);
  }, [models]);

  if (view.status === 'error') {
    return (
      <div className="flex flex-1 items-center justify-center">
        <FailureNotice error={view.error} onRetry={refresh} />
      </div>
    );
  }
  if (view.data === null) {
    return (
      <>
        <div className="min-h-0 flex-1">
          <Loading label="Loading the conversation…" />
        </div>
        <WaitingComposer at={at} task={task} />
      </>
    );
  }
  return (
    <SessionContext value={{ at, ...view.data }}>
      <div className="relative min-h-0 flex-1">
        <Transcript />
      </div>
      <ComposerDock>
        {/* An empty conversation shows it in its middle. */}
        {(view.data.items.length > 0 || task.status.state === 'ready') && <TaskNotice />}
        <StatusLine />
        <MessageQueue />
        <Composer />
      </ComposerDock>
      <Announcer />
    </SessionContext>
  );
}
