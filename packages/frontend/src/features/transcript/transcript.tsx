import { toApiError } from '@foundry/client/api-error';
import { loadOlderItems } from '@foundry/client/commands/older-items';
import { useFoundryClient } from '@foundry/client/react/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { showError } from '../../ui/toasts.tsx';
import { useSession } from '../task/session-context.ts';
import { EmptyConversation } from './empty-conversation.tsx';
import { TranscriptRow } from './transcript-row.tsx';

/** Nearer to the end than this counts as being at it, in pixels. */
const endThresholdPx = 64;

/** The conversation. Follows the end unless the reader has scrolled up; older pages are put in front without moving what is read. */
export function Transcript() {
  const { items, olderCursor, session } = useSession();
  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const hasItems = items.length > 0;
  // The React compiler is not used here, which is what this rule is about: the virtualizer changes in place.
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 72,
    getItemKey: (index) => items[index]?.sequence ?? index,
    overscan: 6,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: endThresholdPx,
    paddingStart: olderCursor === null ? 20 : 56,
    paddingEnd: 20,
  });
  useEffect(() => virtualizer.scrollToEnd(), [virtualizer]);
  const followEnd = useEffectEvent(() => {
    if (atEnd) virtualizer.scrollToEnd();
  });
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    // The queue below grows and shrinks, which must not hide the newest entry.
    const observer = new ResizeObserver(() => followEnd());
    observer.observe(element);
    return () => observer.disconnect();
  }, [hasItems]);

  if (!hasItems) return <EmptyConversation />;
  const working = session.status === 'working';
  return (
    <>
      <div
        ref={scroller}
        // Keyboard users scroll it; its content has few controls.
        tabIndex={0}
        role="log"
        aria-label="Conversation"
        aria-live="off"
        className="h-full overflow-y-auto px-3 -outline-offset-2 [overflow-anchor:none] md:px-5"
        onScroll={(event) => {
          const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
          setAtEnd(scrollHeight - scrollTop - clientHeight <= endThresholdPx);
        }}
      >
        <div className="relative mx-auto max-w-[760px]" style={{ height: virtualizer.getTotalSize() }}>
          {olderCursor !== null && <LoadOlder />}
          {virtualizer.getVirtualItems().map((row) => {
            const item = items[row.index];
            if (item === undefined) return null;
            return (
              <div
                key={row.key}
                ref={virtualizer.measureElement}
                data-index={row.index}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <TranscriptRow item={item} streaming={working && row.index === items.length - 1} />
              </div>
            );
          })}
        </div>
      </div>
      {/* What is cut here goes on below. */}
      {!atEnd && (
        <div
          aria-hidden
          className="pointer-events-none absolute inset-x-0 bottom-0 h-8 bg-linear-to-t from-canvas"
        />
      )}
      {!atEnd && (
        <Button
          size="sm"
          className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full shadow-md"
          onClick={() => virtualizer.scrollToEnd()}
        >
          <ArrowDown aria-hidden className="size-3.5" /> Newest
        </Button>
      )}
    </>
  );
}

function LoadOlder() {
  const { api, realtime } = useFoundryClient();
  const { at } = useSession();
  const [pending, setPending] = useState(false);
  const load = async () => {
    setPending(true);
    try {
      await loadOlderItems(api, realtime, at);
    } catch (error) {
      showError('Older entries were not loaded', toApiError(error).message);
    } finally {
      setPending(false);
    }
  };
  return (
    <div className="absolute inset-x-0 top-4 flex justify-center">
      <Button size="sm" pending={pending} onClick={() => void load()}>
        Load older
      </Button>
    </div>
  );
}
