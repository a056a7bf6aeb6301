import type { TranscriptItemBody } from '@foundry/shared/transcript';
import { Avatar } from '../../ui/avatar.tsx';
import { Age } from '../../ui/time.tsx';
import { visibleText } from '../../ui/visible-text.ts';
import { Receipt } from '../composer/receipt.tsx';
import { useSession } from '../task/session-context.ts';

type Body = Extract<TranscriptItemBody, { kind: 'user_message' }>;

export function UserMessage({ body, atMs }: { body: Body; atMs: number }) {
  const message = useSession().messages.get(body.messageId);
  return (
    <article aria-label={`Message from ${body.author.login}`} className="py-3">
      <div className="rounded-xl bg-panel px-3.5 py-2.5">
        <p className="flex items-center gap-2">
          <Avatar login={body.author.login} url={body.author.avatarUrl} size={18} />
          <span className="font-medium">{body.author.login}</span>
          <Age atMs={atMs} className="text-xs whitespace-nowrap text-ink-3 tabular-nums" />
          {message !== undefined && (
            <span className="ml-auto">
              <Receipt message={message} />
            </span>
          )}
        </p>
        <p className="mt-1 text-base [overflow-wrap:anywhere] whitespace-pre-wrap">
          {visibleText(body.text)}
        </p>
      </div>
    </article>
  );
}
