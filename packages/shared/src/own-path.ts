/**
 * A path of this site, normalised, or null for everything that could lead away from it: other origins, `//host`,
 * backslashes, and dots by which a path becomes `//host` only when it is resolved.
 */
export function ownPath(value: string): string | null {
  if (!value.startsWith('/') || /[\\\p{Cc}]/u.test(value)) return null;
  const base = 'http://own.invalid';
  if (!URL.canParse(value, base)) return null;
  const { origin, pathname, search, hash } = new URL(value, base);
  return origin === base && !pathname.startsWith('//') ? `${pathname}${search}${hash}` : null;
}
