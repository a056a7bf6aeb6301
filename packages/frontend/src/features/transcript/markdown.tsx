import { lazy, Suspense } from 'react';
import type { MarkdownProps } from './rendered-markdown.tsx';

const RenderedMarkdown = lazy(async () => {
  const module = await import('./rendered-markdown.tsx');
  return { default: module.RenderedMarkdown };
});

/** The agent's markdown; its plain text while the renderer is on its way. */
export function Markdown(props: MarkdownProps) {
  const plain = <p className="text-base [overflow-wrap:anywhere] whitespace-pre-wrap">{props.text}</p>;
  return (
    <Suspense fallback={plain}>
      <RenderedMarkdown {...props} />
    </Suspense>
  );
}
