import { visibleName } from '../../ui/visible-text.ts';

/** Folders in which sandboxes keep the checkout; what follows is the path in the repository. */
const checkoutFolders = /^.*?\/(?:checkout|repo|workspace)\/(?=.)/;

/** A path as people know it: agents report absolute ones, of a folder that means nothing outside the sandbox. */
export function displayPath(path: string): string {
  return visibleName(path.startsWith('/') ? path.replace(checkoutFolders, '') : path);
}
