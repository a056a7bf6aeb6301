import { MultiFileDiff, PatchDiff, Virtualizer, WorkerPoolContextProvider } from '@pierre/diffs/react';
import { useMemo } from 'react';
import { visibleText } from '../../ui/visible-text.ts';

const options = {
  diffStyle: 'unified',
  overflow: 'wrap',
  disableFileHeader: true,
  theme: { light: 'pierre-light', dark: 'pierre-dark' },
  themeType: 'system',
  hunkSeparators: 'line-info',
  diffIndicators: 'bars',
} as const;

/** Colours of large diffs are worked out beside the page, and come when they are ready. */
const highlighting = {
  poolOptions: {
    workerFactory: () =>
      new Worker(new URL('@pierre/diffs/worker/worker.js', import.meta.url), { type: 'module' }),
    poolSize: 1,
    mainThreadMaxCharacters: 20_000,
  },
  highlighterOptions: { theme: options.theme },
};

/** A longer change scrolls in a box of its own, in which only the lines in sight are in the page. */
const linesWithoutScroller = 400;

/** One file of a unified diff. Needs a `Virtualizer` as its scroller, which keeps large ones fast. Loaded lazily: it brings the highlighter with it. */
export function UnifiedDiff({ patch }: { patch: string }) {
  return (
    <WorkerPoolContextProvider {...highlighting}>
      <PatchDiff patch={visibleText(patch)} options={options} className="block text-xs" />
    </WorkerPoolContextProvider>
  );
}

interface FilePairDiffProps {
  path: string;
  /** Null for a new file. */
  oldText: string | null;
  newText: string;
  /** Left out where the path stands above already. */
  showPath: boolean;
}

/** The change between two texts, as an agent's tool reports it. */
export function FilePairDiff({ path, oldText, newText, showPath }: FilePairDiffProps) {
  const oldFile = useMemo(() => ({ name: path, contents: visibleText(oldText ?? '') }), [path, oldText]);
  const newFile = useMemo(() => ({ name: path, contents: visibleText(newText) }), [path, newText]);
  const isLong = lineCount(oldText ?? '') + lineCount(newText) > linesWithoutScroller;
  const diff = (
    <WorkerPoolContextProvider {...highlighting}>
      <MultiFileDiff oldFile={oldFile} newFile={newFile} options={options} className="block text-xs" />
    </WorkerPoolContextProvider>
  );
  return (
    <figure>
      {showPath && (
        <figcaption className="truncate px-2.5 py-1.5 font-mono text-xs text-ink-2">{path}</figcaption>
      )}
      {isLong ? <Virtualizer className="max-h-96 overflow-y-auto">{diff}</Virtualizer> : diff}
    </figure>
  );
}

function lineCount(text: string): number {
  let count = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
