import { MultiFileDiff, PatchDiff } from '@pierre/diffs/react';
import { useMemo } from 'react';

const options = {
  diffStyle: 'unified',
  overflow: 'wrap',
  disableFileHeader: true,
  theme: { light: 'github-light', dark: 'github-dark' },
  themeType: 'system',
  hunkSeparators: 'line-info',
  diffIndicators: 'bars',
} as const;

/** One file of a unified diff. Loaded lazily: it brings the highlighter with it. */
export function UnifiedDiff({ patch }: { patch: string }) {
  return <PatchDiff patch={patch} options={options} className="block text-xs" />;
}

/** The change between two texts, as an agent's tool reports it. `oldText` is null for a new file. */
export function FilePairDiff({
  path,
  oldText,
  newText,
}: {
  path: string;
  oldText: string | null;
  newText: string;
}) {
  const oldFile = useMemo(() => ({ name: path, contents: oldText ?? '' }), [path, oldText]);
  const newFile = useMemo(() => ({ name: path, contents: newText }), [path, newText]);
  return (
    <figure>
      <figcaption className="truncate px-2.5 py-1.5 font-mono text-xs text-ink-2">{path}</figcaption>
      <MultiFileDiff oldFile={oldFile} newFile={newFile} options={options} className="block text-xs" />
    </figure>
  );
}
