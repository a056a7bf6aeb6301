import type { ChangedFile } from '@foundry/shared/entities';
import { visibleName } from '../../ui/visible-text.ts';

const link = '120000';
const submodule = '160000';
const executable = '100755';

type Described = Pick<ChangedFile, 'status' | 'oldPath' | 'additions' | 'deletions' | 'modes'>;

/** What the file is, or was before it was deleted. */
const isNowOrWas = ({ modes }: Described, mode: string): boolean =>
  modes !== undefined && (modes.after ?? modes.before) === mode;

/** What a line of a list says beside the name: what is no plain text file, in one or two words. */
export function labelOf(file: Described): string | null {
  if (isNowOrWas(file, submodule)) return 'submodule';
  if (isNowOrWas(file, link)) return 'link';
  const { before, after } = file.modes ?? { before: null, after: null };
  if (before !== null && after !== null && before !== after) {
    if (after === executable) return 'made executable';
    if (before === executable) return 'not executable any more';
  }
  if (file.additions === 0 && file.deletions === 0 && file.status === 'added') return 'empty';
  return null;
}

/** A sentence for a file whose diff has no lines. */
export function describeWithoutLines(file: Described): string {
  const label = labelOf(file);
  if (label === 'submodule')
    return 'Another repository inside this one: only which commit it points to changed.';
  if (label === 'made executable') return 'The file was made executable; its content did not change.';
  if (label === 'not executable any more')
    return 'The file is not executable any more; its content did not change.';
  if (file.additions === null) return 'A binary file. Its content cannot be shown as lines.';
  if (file.status === 'added') return 'A new, empty file.';
  if (file.status === 'deleted') return 'An empty file was deleted.';
  if (file.status === 'copied')
    return `A copy of ${visibleName(file.oldPath ?? 'another file')}; its content did not change.`;
  if (file.oldPath !== null) return `Only its name changed. It was ${visibleName(file.oldPath)}.`;
  return 'The lines of this file are the same as before.';
}

/** A sentence to stand above a diff that needs it. */
export function describeLines(file: Described): string | null {
  const label = labelOf(file);
  if (label === 'link') return 'A link: the lines are the path that it points to.';
  if (label === 'submodule')
    return 'Another repository inside this one: the lines are the commit that it points to.';
  if (label === 'made executable') return 'The file was made executable as well.';
  if (label === 'not executable any more') return 'The file is not executable any more.';
  return null;
}
