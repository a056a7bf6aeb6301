import { useFoundryClient } from '@foundry/client/react/hooks';
import type { TranscriptItemBody } from '@foundry/shared/transcript';
import { Ban, Check, CheckCheck, CircleQuestionMark, ShieldQuestionMark, X } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useCommand } from '../../app/use-command.ts';
import { Button } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { Age } from '../../ui/time.tsx';
import { visibleText } from '../../ui/visible-text.ts';
import { useHasRole } from '../organization/use-role.ts';
import { useSession } from '../task/session-context.ts';
import { useTask } from '../task/task-context.ts';
import { InlineCode } from './inline-code.tsx';

type Body = Extract<TranscriptItemBody, { kind: 'permission_request' }>;

interface PermissionCardProps {
  body: Body;
  /** Where it stands in the transcript, and in whose turn: an answer goes to exactly this question. */
  sequence: number;
  messageId: string;
}

export function PermissionCard({ body, sequence, messageId }: PermissionCardProps) {
  const { api } = useFoundryClient();
  const { at } = useSession();
  const [chosen, setChosen] = useState<string | null>(null);
  const answer = useCommand(
    (optionId: string) => api.answerPermission(at, { sequence, messageId }, optionId),
    {
      at: { organizationId: at.organizationId, actor: 'session', id: at.sessionId },
      failureTitle: 'The answer did not reach the agent',
    },
  );
  const mayAnswer = useHasRole(useTask().task.repositoryId, 'write');
  const open = body.answer === null;
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    // The pressed button is gone; who goes on by keyboard goes on from here.
    if (chosen !== null && !open && document.activeElement === document.body) card.current?.focus();
  }, [chosen, open]);
  return (
    <section
      ref={card}
      tabIndex={-1}
      aria-label="Permission request"
      className={classNames(
        'my-2 rounded-lg border px-3 py-2.5',
        open ? 'border-warning bg-warning-soft' : 'border-line',
      )}
    >
      <p className="flex items-start gap-2">
        <ShieldQuestionMark
          aria-hidden
          className={classNames('mt-0.5 size-4 shrink-0', open ? 'text-warning' : 'text-ink-3')}
        />
        <span className="min-w-0 [overflow-wrap:anywhere]">
          <span className="block font-medium">{open ? 'The agent asks for permission' : 'Permission'}</span>
          <span className="text-ink-2">
            <InlineCode text={body.title} />
          </span>
        </span>
      </p>
      {body.answer === null && !mayAnswer && (
        <p className="mt-1 ml-6 text-ink-2">
          Only people who may write to the repository on GitHub can answer.
        </p>
      )}
      {body.answer === null && mayAnswer && (
        <div className="mt-2.5 ml-6 flex flex-wrap gap-2">
          {body.options.map((option) => (
            <OptionButton
              key={option.optionId}
              option={option}
              disabled={answer.pending && chosen !== option.optionId}
              pending={answer.pending && chosen === option.optionId}
              onChoose={() => {
                setChosen(option.optionId);
                void answer.run(option.optionId);
              }}
            />
          ))}
        </div>
      )}
      {body.answer !== null && <Answer options={body.options} answer={body.answer} />}
    </section>
  );
}

/** What an option does, in our words: its name is the agent's own. */
function kindOf(kind: string): { icon: LucideIcon; label: string } {
  switch (kind) {
    case 'allow_once':
      return { icon: Check, label: 'Allow once' };
    case 'allow_always':
      return { icon: CheckCheck, label: 'Allow always' };
    case 'reject_once':
      return { icon: X, label: 'Reject once' };
    case 'reject_always':
      return { icon: Ban, label: 'Reject always' };
    default:
      return { icon: CircleQuestionMark, label: 'Other' };
  }
}

interface OptionButtonProps {
  option: Body['options'][number];
  disabled: boolean;
  pending: boolean;
  onChoose: () => void;
}

function OptionButton({ option, disabled, pending, onChoose }: OptionButtonProps) {
  const { icon: Icon, label } = kindOf(option.kind);
  const name = visibleText(option.name);
  const says = name.toLowerCase() === label.toLowerCase() ? name : `${label}: ${name}`;
  return (
    <Button
      variant={option.kind === 'allow_once' ? 'primary' : 'secondary'}
      className="max-w-full"
      disabled={disabled}
      pending={pending}
      title={says}
      aria-label={says}
      onClick={onChoose}
    >
      {!pending && <Icon aria-hidden className="size-3.5 shrink-0" />}
      <span className="truncate">{name}</span>
      {option.kind.endsWith('_always') && !/always/i.test(name) && (
        <span className="shrink-0 font-normal opacity-80">always</span>
      )}
    </Button>
  );
}

function Answer({ options, answer }: { options: Body['options']; answer: NonNullable<Body['answer']> }) {
  const name = options.find((option) => option.optionId === answer.optionId)?.name ?? 'Cancelled';
  return (
    <p className="mt-1 ml-6 text-ink-2">
      <span className="font-medium text-ink">{visibleText(name)}</span> by {answer.by} ·{' '}
      <Age atMs={answer.atMs} />
    </p>
  );
}
