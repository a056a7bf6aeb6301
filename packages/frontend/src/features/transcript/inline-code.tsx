import { visibleText } from '../../ui/visible-text.ts';

/** Text in which `such parts` are code, as agents write titles. */
export function InlineCode({ text }: { text: string }) {
  return visibleText(text)
    .split(/(`[^`]+`)/)
    .map((part, index) =>
      part.length > 2 && part.startsWith('`') && part.endsWith('`') ? (
        // Parts have no identity of their own, and the text is always replaced whole.
        <code key={`${part}-${String(index)}`} className="rounded bg-hover px-1 font-mono text-xs text-ink">
          {part.slice(1, -1)}
        </code>
      ) : (
        part
      ),
    );
}
