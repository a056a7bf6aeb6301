import type { TaskAddress } from '@foundry/client/api';
import type { Session, TaskSummary } from '@foundry/shared/entities';
import { use } from 'react';
import type { ReactNode } from 'react';
import { Loading } from '../../ui/spinner.tsx';
import { ComposerDock } from '../composer/composer-dock.tsx';
import { Composer } from '../composer/composer.tsx';
import { MessageQueue } from '../composer/message-queue.tsx';
import { StatusLine } from '../composer/status-line.tsx';
import { Announcer } from '../transcript/announcer.tsx';
import { EmptyConversation } from '../transcript/empty-conversation.tsx';
import { Transcript } from '../transcript/transcript.tsx';
import { SessionContext, useSession } from './session-context.ts';
import { SessionTabs } from './session-tabs.tsx';
import { TaskContext, useTask } from './task-context.ts';
import { TaskNotice } from './task-notice.tsx';

interface ConversationProps {
  at: TaskAddress;
  /** What is known of the task; nothing can be written before. */
  known: TaskSummary | undefined;
  /** The shown session; none before the task is loaded, and in a task that nobody has given to an agent yet. */
  session: Session | undefined;
  /** What is being waited for. */
  label: string;
  failure: ReactNode;
}

/** The sessions of a task as tabs, and the chosen one. */
export function Conversation({ at, known, session, label, failure }: ConversationProps) {
  const isLoaded = use(SessionContext) !== null;
  return (
    <div className="flex h-full flex-col">
      {session !== undefined && <SessionTabs activeId={session.id} />}
      <div className="relative min-h-0 flex-1">
        <Contents session={session} label={label} failure={failure} />
      </div>
      {failure === null && known !== undefined && (
        <ComposerDock>
          {isLoaded && <AboveComposer />}
          <Composer at={at} task={known} />
        </ComposerDock>
      )}
      {isLoaded && <Announcer key={session?.id} />}
    </div>
  );
}

function Contents({ session, label, failure }: Pick<ConversationProps, 'session' | 'label' | 'failure'>) {
  const task = use(TaskContext);
  const loaded = use(SessionContext);
  if (failure !== null) return <Centered>{failure}</Centered>;
  if (task === null) {
    return (
      <Centered>
        <Loading label={label} />
      </Centered>
    );
  }
  if (session === undefined) return <EmptyConversation />;
  if (loaded === null) return <Loading label="Loading the conversation…" />;
  return <Transcript key={session.id} />;
}

function Centered({ children }: { children: ReactNode }) {
  return <div className="flex h-full items-center justify-center">{children}</div>;
}

function AboveComposer() {
  const { items } = useSession();
  const { task } = useTask();
  return (
    <>
      {/* An empty conversation shows it in its middle. */}
      {(items.length > 0 || task.status.state === 'ready') && <TaskNotice />}
      <StatusLine />
      <MessageQueue />
    </>
  );
}
