import { LabelledField } from '../../ui/labelled-field.tsx';
import { visibleName } from '../../ui/visible-text.ts';
import type { UncommittedFile } from './uncommitted-files.ts';

interface CommitChoiceProps {
  files: readonly UncommittedFile[];
  chosen: ReadonlySet<string>;
  onChoose: (chosen: ReadonlySet<string>) => void;
  message: string;
  onMessage: (message: string) => void;
  messageError: string | undefined;
  /** Uncommitted files that are too many to be listed. */
  unlisted: number;
}

/** Which uncommitted files are published, in a commit of their own; all others stay in the workspace. */
export function CommitChoice(props: CommitChoiceProps) {
  const { files, chosen, onChoose, message, onMessage, messageError, unlisted } = props;
  const toggle = (path: string) => {
    const next = new Set(chosen);
    if (!next.delete(path)) next.add(path);
    onChoose(next);
  };
  const all = chosen.size === files.length;
  const staying = files.length - chosen.size + unlisted;
  return (
    <fieldset className="rounded-lg border border-line bg-panel p-3">
      <legend className="sr-only">Uncommitted files</legend>
      <div className="flex items-center gap-2">
        <span className="font-medium">Uncommitted files</span>
        <button
          type="button"
          className="ml-auto rounded px-1 text-ink-2 hover:text-ink"
          onClick={() => onChoose(all ? new Set() : new Set(files.map(({ path }) => path)))}
        >
          {all ? 'Choose none' : 'Choose all'}
        </button>
      </div>
      <ul className="mt-1 max-h-40 overflow-y-auto">
        {files.map(({ path, label }) => (
          <li key={path}>
            <label className="flex min-h-7 items-center gap-2">
              <input
                type="checkbox"
                checked={chosen.has(path)}
                onChange={() => toggle(path)}
                className="size-4 shrink-0 accent-(--accent)"
              />
              <span className="min-w-0 [overflow-wrap:anywhere]">{visibleName(label)}</span>
            </label>
          </li>
        ))}
      </ul>
      <p aria-live="polite" className="mt-1 mb-2 text-xs text-ink-3">
        {describe(chosen.size, staying)}
      </p>
      {chosen.size > 0 && (
        <LabelledField label="Commit message" error={messageError}>
          {(control) => (
            <textarea
              {...control}
              rows={2}
              value={message}
              onChange={(event) => onMessage(event.target.value)}
              className="field resize-y"
            />
          )}
        </LabelledField>
      )}
    </fieldset>
  );
}

function describe(chosen: number, staying: number): string {
  const files = (count: number) => (count === 1 ? 'one file' : `${count.toLocaleString('en')} files`);
  if (chosen === 0)
    return `None is published; ${files(staying)} ${staying === 1 ? 'stays' : 'stay'} in the workspace.`;
  const stay =
    staying === 0 ? '' : `; ${files(staying)} ${staying === 1 ? 'stays' : 'stay'} in the workspace`;
  return `Committed and published: ${files(chosen)}${stay}.`;
}
