/**
 * The scripted rules: plain text in, a list of instructions out. Pure; README.md is its manual.
 */

export type Instruction =
  | { kind: 'create'; path: string; content: string | undefined }
  | { kind: 'append'; path: string; text: string }
  | { kind: 'replace'; path: string; search: string; replacement: string }
  | { kind: 'fixTypos'; path: string }
  | { kind: 'delete'; path: string }
  | { kind: 'rename'; from: string; to: string }
  | { kind: 'read'; path: string }
  | { kind: 'list'; path: string }
  | { kind: 'search'; text: string }
  | { kind: 'test' }
  | { kind: 'run'; command: string[] }
  | { kind: 'ask'; command: string[] | undefined }
  | { kind: 'commit'; message: string | undefined }
  | { kind: 'slow'; steps: number }
  | { kind: 'bigOutput'; sizeBytes: number }
  | { kind: 'crash' }
  | { kind: 'help' };

export interface ParsedPrompt {
  instructions: Instruction[];
  /** Clauses that no rule matched, in the person's words. */
  notUnderstood: string[];
  /** False when the prompt says not to commit. */
  mayCommit: boolean;
}

/** Ten chunks a second for an hour: longer turns than that are a mistake in the prompt. */
const maxSlowSteps = 36_000;
const maxBigOutputBytes = 4 * 1024 * 1024;

const noCommit =
  /[\s,;]*\b(?:(?:but |and )?(?:do not|don't|dont|never) commit(?: (?:it|that|this|yet))?|without (?:a commit|committing)(?: (?:it|that|this))?)\b[.!]?/gi;

/**
 * Reads a prompt. Clauses are separated by new lines, semicolons, or the word "then"; quoted text
 * ('…', "…", `…` and fenced blocks) is taken literally and never split.
 */
export function parsePrompt(prompt: string): ParsedPrompt {
  const quotes: string[] = [];
  const masked = maskQuotes(prompt, quotes);
  const mayCommit = masked.search(noCommit) === -1;
  const clauses = masked
    .replace(noCommit, ' ')
    .split(
      /\s*;\s*|(?:[.,]|\band\b)*\s*\bthen\b\s*,?\s*|,?\s+and\s+(?=commit\b|run\b|test\b)|\n+(?!\u{E000})/iu,
    )
    .map((clause) => clause.trim())
    .filter((clause) => /[\p{L}\p{N}\u{E000}]/u.test(clause));
  const parsed: ParsedPrompt = { instructions: [], notUnderstood: [], mayCommit };
  for (const clause of clauses) {
    const instruction = parseClause(clause, quotes);
    if (instruction) parsed.instructions.push(instruction);
    else parsed.notUnderstood.push(unmask(clause, quotes));
  }
  return parsed;
}

// Quoted parts become one private-use character each pair, so that no rule can match inside them.
const open = '\u{E000}';
const close = '\u{E001}';
const quoted = `${open}\\d+${close}`;

function maskQuotes(text: string, quotes: string[]): string {
  const pattern =
    /```[^\n]*\n([\s\S]*?)```|`([^`\n]+)`|"([^"\n]*)"|“([^”\n]*)”|(?<![\p{L}\p{N}])'((?:[^'\n]|'(?=\p{L}))*)'(?!\p{L})/gu;
  return text.replace(pattern, (...groups: unknown[]) => {
    const content = groups.slice(1, 6).find((group) => typeof group === 'string');
    quotes.push(typeof content === 'string' ? content : '');
    return `${open}${quotes.length - 1}${close}`;
  });
}

function unmask(text: string, quotes: readonly string[]): string {
  return text.replace(new RegExp(`${open}(\\d+)${close}`, 'g'), (_, index: string) => {
    return quotes[Number(index)] ?? '';
  });
}

interface Rule {
  pattern: RegExp;
  build: (groups: Record<string, string>, quotes: readonly string[]) => Instruction | undefined;
}

const file = String.raw`(?:(?:the|a|an|new|file|called|named)\s+)*`;
const value = (name: string): string => `(?<${name}>${quoted}|\\S+?)`;
const anything = (name: string): string => `(?<${name}>[\\s\\S]+?)`;
const end = String.raw`\s*[.!?]?$`;

function rule(
  pattern: string,
  build: (groups: Record<string, string>, quotes: readonly string[]) => Instruction | undefined,
): Rule {
  return { pattern: new RegExp(`^(?:please\\s+|now\\s+|also\\s+|and\\s+)*${pattern}${end}`, 'i'), build };
}

const rules: Rule[] = [
  rule(`(?:crash|die|exit)(?: now)?`, () => ({ kind: 'crash' })),
  rule(`(?:help|hello|hi|what can you do|who are you|what are you)(?:\\b.*)?`, () => ({
    kind: 'help',
  })),
  rule(`(?:slow|work slowly)(?:\\s+for)?(?:\\s+(?<seconds>\\d+))?(?:\\s*s(?:econds?)?)?`, (g) => ({
    kind: 'slow',
    steps: Math.min(Number(g['seconds'] ?? 10) * 10, maxSlowSteps),
  })),
  rule(`count(?: slowly)? to (?<steps>\\d+)`, (g) => ({
    kind: 'slow',
    steps: Math.min(Number(g['steps']), maxSlowSteps),
  })),
  rule(`big output(?:\\s+(?<kib>\\d+))?(?:\\s*ki?b)?`, (g) => ({
    kind: 'bigOutput',
    sizeBytes: Math.min(Number(g['kib'] ?? 256) * 1024, maxBigOutputBytes),
  })),
  rule(
    `ask(?: me)?(?: for)?(?: permission)?(?: (?:before|to|first|and)(?: you)?(?: running| run)?(?: the)?(?: ${anything('command')})?)?`,
    (g, quotes) => {
      const text = g['command'];
      if (text === undefined) return { kind: 'ask', command: undefined };
      if (/^tests?$/i.test(text)) return { kind: 'ask', command: ['test'] };
      return { kind: 'ask', command: splitCommand(unmask(text, quotes)) };
    },
  ),
  rule(
    `(?:(?:run|execute)(?: all)?(?: of)?(?: the| my)?(?: projects?'?s?)?(?: unit)? (?:tests?|test suite)|tests?)(?: again)?`,
    () => ({ kind: 'test' }),
  ),
  rule(`(?:run|execute)(?: the)?(?: command)? ${anything('command')}`, (g, quotes) => {
    const command = splitCommand(unmask(g['command'] ?? '', quotes));
    return command.length > 0 ? { kind: 'run', command } : undefined;
  }),
  rule(`git ${anything('rest')}`, (g, quotes) => ({
    kind: 'run',
    command: ['git', ...splitCommand(unmask(g['rest'] ?? '', quotes))],
  })),
  rule(
    `commit(?: (?:it|that|this|them|everything|(?:all )?(?:the )?(?:changes|work)))?(?:(?: with(?: the)?(?: message)?| as| saying)?\\s*:?\\s+${anything('message')})?`,
    (g, quotes) => ({
      kind: 'commit',
      message: g['message'] === undefined ? undefined : unmask(g['message'], quotes),
    }),
  ),
  rule(
    `(?:in|inside) ${file}${value('path')},? (?:replace|change|fix) ${anything('search')} (?:with|to|by|into) ${anything('replacement')}`,
    buildReplace,
  ),
  rule(
    `(?:replace|change|fix) ${anything('search')} (?:with|to|by|into) ${anything('replacement')} in ${file}${value('path')}`,
    buildReplace,
  ),
  rule(`fix (?:the |all )*(?:typos?|spelling)(?: mistakes?)? in ${file}${value('path')}`, (g, q) => ({
    kind: 'fixTypos',
    path: unmask(g['path'] ?? '', q),
  })),
  rule(`append to ${file}${value('path')}:?\\s+${anything('text')}`, buildAppend),
  rule(
    `(?:append|add)(?: (?:a|the) (?:line|text|word|sentence))? ${anything('text')} to ${file}${value('path')}`,
    buildAppend,
  ),
  rule(
    `(?:create|write|make|add) ${file}${value('path')}(?:(?:,)? (?:with(?: the)?(?: (?:content|contents|text))?|containing|saying|that says):?\\s+${anything('content')})?`,
    (g, quotes) => {
      const path = unmask(g['path'] ?? '', quotes);
      if (!looksLikePath(path)) return undefined;
      const content = g['content'];
      return {
        kind: 'create',
        path,
        content: content === undefined ? undefined : unmask(content, quotes),
      };
    },
  ),
  rule(`(?:rename|move) ${file}${value('from')} to ${value('to')}`, (g, quotes) => ({
    kind: 'rename',
    from: unmask(g['from'] ?? '', quotes),
    to: unmask(g['to'] ?? '', quotes),
  })),
  rule(`(?:delete|remove) ${file}${value('path')}`, (g, quotes) => {
    const path = unmask(g['path'] ?? '', quotes);
    return looksLikePath(path) ? { kind: 'delete', path } : undefined;
  }),
  rule(
    `(?:list|show)(?: me)?(?: all)?(?: the)? files(?: (?:in|under|of) ${file}${value('path')})?`,
    (g, q) => ({
      kind: 'list',
      path: unmask(g['path'] ?? '.', q),
    }),
  ),
  rule(`(?:search|look|grep|find)(?: for)? ${anything('text')}`, (g, quotes) => ({
    kind: 'search',
    text: unmask(g['text'] ?? '', quotes),
  })),
  rule(
    `(?:read|show|open|cat|print|display|explain|summari[sz]e|what(?:'s| is) in)(?: me)? ${file}${value('path')}`,
    (g, quotes) => {
      const path = unmask(g['path'] ?? '', quotes);
      return looksLikePath(path) ? { kind: 'read', path } : undefined;
    },
  ),
];

function buildReplace(groups: Record<string, string>, quotes: readonly string[]): Instruction {
  return {
    kind: 'replace',
    path: unmask(groups['path'] ?? '', quotes),
    search: unmask(groups['search'] ?? '', quotes),
    replacement: unmask(groups['replacement'] ?? '', quotes),
  };
}

function buildAppend(groups: Record<string, string>, quotes: readonly string[]): Instruction | undefined {
  const path = unmask(groups['path'] ?? '', quotes);
  if (!looksLikePath(path)) return undefined;
  return { kind: 'append', path, text: unmask(groups['text'] ?? '', quotes) };
}

function parseClause(clause: string, quotes: readonly string[]): Instruction | undefined {
  for (const { pattern, build } of rules) {
    const match = pattern.exec(clause);
    if (!match) continue;
    const groups: Record<string, string> = {};
    for (const [name, text] of Object.entries(match.groups ?? {})) {
      if (text !== undefined) groups[name] = text;
    }
    const instruction = build(groups, quotes);
    if (instruction) return instruction;
  }
  return undefined;
}

/** A word is taken for a file when it has a folder, an extension, or is all capitals (LICENSE). */
function looksLikePath(path: string): boolean {
  return path !== '' && (/[./]/.test(path) || /^[A-Z][A-Z_-]+$/.test(path) || path === 'Makefile');
}

/** Splits a command into words by the usual quoting; there is no shell behind it. */
export function splitCommand(text: string): string[] {
  const words: string[] = [];
  for (const match of text.matchAll(/((?:[^\s"']|"(?:[^"\\]|\\.)*"|'[^']*')+)/g)) {
    const word = match[0].replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (...groups: unknown[]) => {
      const [, double, single] = groups;
      return typeof double === 'string' ? double.replaceAll(/\\(.)/g, '$1') : String(single);
    });
    words.push(word);
  }
  return words;
}
