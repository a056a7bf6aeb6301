import { MultiFileDiff, PatchDiff } from '@pierre/diffs/react';
import { useMemo } from 'react';

const options = {
  diffStyle: 'unified',
  overflow: 'wrap',
  disableFileHeader: true,
  theme: { light: 'pierre-light', dark: 'pierre-dark' },
  themeType: 'system',
  hunkSeparators: 'line-info',
  diffIndicators: 'bars',
} as const;

/** One file of a unified diff. Loaded lazily: it brings the highlighter with it. */
export function UnifiedDiff({ patch }: { patch: string }) {
  return <PatchDiff patch={patch} options={options} className="block text-xs" />;
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
  const oldFile = useMemo(() => ({ name: path, contents: oldText ?? '' }), [path, oldText]);
  const newFile = useMemo(() => ({ name: path, contents: newText }), [path, newText]);
  return (
    <figure>
      {showPath && (
        <figcaption className="truncate px-2.5 py-1.5 font-mono text-xs text-ink-2">{path}</figcaption>
      )}
      <MultiFileDiff oldFile={oldFile} newFile={newFile} options={options} className="block text-xs" />
    </figure>
  );
}
