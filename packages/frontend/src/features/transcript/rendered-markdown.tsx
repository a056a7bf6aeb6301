import { memo } from 'react';
import { Streamdown } from 'streamdown';

export interface MarkdownProps {
  text: string;
  streaming: boolean;
}

/** The agent's markdown, as it grows or whole. Pictures are left out: they would be requests to other hosts, chosen by an agent. */
export const RenderedMarkdown = memo(function RenderedMarkdown({ text, streaming }: MarkdownProps) {
  return (
    <Streamdown
      className="prose-agent space-y-2"
      mode={streaming ? 'streaming' : 'static'}
      disallowedElements={['img', 'iframe']}
      controls={{ code: { copy: true, download: false }, table: false }}
      lineNumbers={false}
      linkSafety={{ enabled: false }}
    >
      {text}
    </Streamdown>
  );
});
