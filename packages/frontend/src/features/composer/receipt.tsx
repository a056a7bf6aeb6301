import type { Message } from '@foundry/shared/entities';
import { Ban, Check, CheckCheck, CircleAlert, Hourglass, LoaderCircle, TriangleAlert } from 'lucide-react';
import { classNames } from '../../ui/class-names.ts';
import { Popover } from '../../ui/popover.tsx';
import { clockTime, duration } from '../../ui/time.tsx';
import { useSession } from '../task/session-context.ts';
import { receiptState } from './receipt-state.ts';
import { RetryMessage } from './retry-message.tsx';

const looks = {
  accepted: { icon: Check, className: 'text-ink-3', label: 'Accepted' },
  delivered: { icon: CheckCheck, className: 'text-ink-3', label: 'Delivered' },
  working: { icon: LoaderCircle, className: 'animate-spin text-accent-text', label: 'Working' },
  waiting_for_permission: { icon: Hourglass, className: 'text-warning', label: 'Waiting for permission' },
  done: { icon: CheckCheck, className: 'text-success', label: 'Done' },
  failed: { icon: CircleAlert, className: 'text-danger', label: 'Failed' },
  interrupted: { icon: TriangleAlert, className: 'text-warning', label: 'Interrupted' },
  cancelled: { icon: Ban, className: 'text-ink-3', label: 'Stopped' },
};

/** How far a message has come; press for the times of each step. */
export function Receipt({ message }: { message: Message }) {
  const { session } = useSession();
  const look = looks[receiptState(message, session)];
  const tookMs =
    message.finishedAtMs === null || message.workingAtMs === null
      ? null
      : message.finishedAtMs - message.workingAtMs;
  return (
    <Popover
      align="end"
      title="Receipt"
      className="w-64"
      trigger={
        <button
          type="button"
          className="inline-flex h-5 items-center gap-1 rounded px-1 text-xs text-ink-2 tabular-nums hover:bg-hover"
        >
          <look.icon aria-hidden className={classNames('size-3.5', look.className)} />
          {look.label}
          {message.state === 'done' && tookMs !== null && (
            <span className="text-ink-3">{duration(tookMs)}</span>
          )}
        </button>
      }
    >
      <ReceiptTimes message={message} endLabel={look.label} />
      {message.state === 'failed' && <FailedMessage message={message} />}
    </Popover>
  );
}

function ReceiptTimes({ message, endLabel }: { message: Message; endLabel: string }) {
  const steps: readonly [string, number | null][] = [
    ['Accepted', message.acceptedAtMs],
    ['Delivered', message.deliveredAtMs],
    ['Working', message.workingAtMs],
    [message.state === 'failed' || message.state === 'cancelled' ? endLabel : 'Done', message.finishedAtMs],
  ];
  return (
    <dl className="space-y-0.5">
      {steps.map(([label, atMs]) => (
        <div key={label} className={classNames('flex justify-between gap-6', atMs === null && 'text-ink-3')}>
          <dt>{label}</dt>
          <dd className="tabular-nums">{atMs === null ? '–' : clockTime(atMs)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Why a message failed, and the button that sends it again. */
export function FailedMessage({ message }: { message: Message }) {
  return (
    <div className="mt-2 flex items-start gap-2">
      <p className="min-w-0 flex-1 [overflow-wrap:anywhere] text-danger">
        {message.failure?.message ?? 'The agent could not work on this message.'}
      </p>
      <RetryMessage message={message} />
    </div>
  );
}
