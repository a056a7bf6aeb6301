export interface SourceFile {
  /** Relative to the root of the checkout, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Violation {
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  readonly rule: string;
  /** What is wrong and how to mend it. */
  readonly message: string;
}

export const isTestFile = (path: string): boolean =>
  /\.(test|spec|samples)\.tsx?$|(^|\/)(test|tests|testing|e2e)\/|\/testing\.ts$/.test(path);

/** Number of the line that holds the character at `index`. */
export function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/**
 * The text with comments, and optionally the contents of strings, replaced by spaces: positions and lines stay.
 * Good enough to look for calls and words; it does not understand nested template literals.
 */
export function blank(text: string, what: { readonly strings: boolean }): string {
  const spaces = (match: string): string => match.replace(/[^\n]/g, ' ');
  return text.replace(
    /\/\*[\s\S]*?\*\/|(?<![:'"`\\])\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g,
    (match) => {
      if (match.startsWith('/')) return spaces(match);
      return what.strings ? match[0] + spaces(match.slice(1, -1)) + match.slice(-1) : match;
    },
  );
}

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Path in the checkout for relative and `@foundry/…` specifiers, without extension; else the specifier. */
  readonly target: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

function resolveRelative(fromPath: string, specifier: string): string {
  const parts = fromPath.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function resolveTarget(fromPath: string, specifier: string): string {
  if (specifier.startsWith('.')) return resolveRelative(fromPath, specifier).replace(/\.tsx?$/, '');
  const workspace = /^@foundry\/([^/]+)(?:\/(.*))?$/.exec(specifier);
  return workspace === null ? specifier : `packages/${workspace[1]}/src/${workspace[2] ?? 'index'}`;
}

/** Static and dynamic imports and re-exports of a file. */
export function importsOf({ path, text }: SourceFile): Import[] {
  const code = blank(text, { strings: false });
  const pattern =
    /\b(?:import|export)\s+(type\s)?(?:[^'";()]*?\sfrom\s+)?['"]([^'"\n]+)['"]|\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/g;
  return [...code.matchAll(pattern)].map((match) => {
    const specifier = match[2] ?? match[3] ?? '';
    return {
      specifier,
      target: resolveTarget(path, specifier),
      typeOnly: match[1] !== undefined,
      line: lineAt(text, match.index),
    };
  });
}
