import { memo } from 'react';
import { defaultRehypePlugins, defaultRemarkPlugins, Streamdown } from 'streamdown';
import { keepAllText } from './keep-all-text.ts';

export interface MarkdownProps {
  text: string;
  streaming: boolean;
}

const remarkPlugins = [...Object.values(defaultRemarkPlugins), keepAllText];
// HTML is text here: nothing of it is parsed.
const { raw: _raw, ...withoutRaw } = defaultRehypePlugins;
const rehypePlugins = Object.values(withoutRaw);

/** What stands unfinished at the end of a growing text is shown as it is, and not left out until it is finished. */
const unfinished = { htmlTags: false, images: false, linkMode: 'text-only' } as const;

/** The agent's markdown, as it grows or whole. All of its text is shown; its HTML is not rendered, its pictures are not fetched. */
export const RenderedMarkdown = memo(function RenderedMarkdown({ text, streaming }: MarkdownProps) {
  return (
    <Streamdown
      className="prose-agent space-y-2"
      mode={streaming ? 'streaming' : 'static'}
      remarkPlugins={remarkPlugins}
      rehypePlugins={rehypePlugins}
      remend={unfinished}
      controls={{ code: { copy: true, download: false }, table: false }}
      lineNumbers={false}
      linkSafety={{ enabled: false }}
    >
      {text}
    </Streamdown>
  );
});
