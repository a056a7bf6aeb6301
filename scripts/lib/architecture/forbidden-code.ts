import { blank, isTestFile, lineAt, type SourceFile, type Violation } from './source-file.ts';

interface CodeRule {
  readonly rule: string;
  readonly from: RegExp;
  /** Looked for in the code without comments and without the contents of strings. */
  readonly pattern: RegExp;
  readonly except?: (path: string) => boolean;
  readonly mend: string;
}

const ownSource = /^(packages|scripts)\/.*\.tsx?$/;
const mayHoldSql = (path: string): boolean =>
  isTestFile(path) ||
  /\/(db|store)\/|repository[^/]*\.ts$|\/command-loop\/(database|tables|store-repository)\.ts$|\/actors\/json-rows\.ts$/.test(
    path,
  );

const rules: readonly CodeRule[] = [
  {
    rule: 'sql-in-repositories',
    from: /^packages\/(backend|github-double)\/src\//,
    pattern:
      /\bsql`|\.(execute|prepare)\(\s*['"`]|\b(?:db|tx|database|transaction)\s*\.(select|selectDistinct|insert|update|delete|execute|run|all|get)\(/g,
    except: mayHoldSql,
    mend: 'SQL lives in a db/ folder or a repository file: add a function there that says what it means',
  },
  {
    rule: 'fetch-in-integrations',
    from: /^packages\/(backend|shared|demo-agent|frontend)\//,
    pattern: /(?<![.\w])fetch\(/g,
    except: (path) =>
      isTestFile(path) || /^packages\/backend\/src\/(sandbox|github|auth|engine)\//.test(path),
    mend: 'HTTP calls live in sandbox/, github/, auth/ or engine/, and in packages/client for the browser',
  },
  {
    rule: 'real-parts-in-tests',
    from: ownSource,
    pattern: /\bvi\.(mock|doMock|hoisted)\(/g,
    mend: 'Tests use real parts: start the real one, or pass in an object',
  },
  {
    rule: 'no-skipped-tests',
    from: ownSource,
    pattern: /\b(?:test|it|describe|suite)(?:\.\w+)*\.(skip|only|todo|fixme)\(/g,
    mend: 'Every test runs: mend it or remove it',
  },
  {
    rule: 'no-double-cast',
    from: ownSource,
    pattern: /\bas unknown as\b/g,
    mend: 'Parse it with zod, or narrow it with a type guard',
  },
  {
    rule: 'no-ts-ignore',
    from: ownSource,
    pattern: /@ts-(ignore|nocheck|expect-error)/g,
    except: isTestFile,
    mend: 'Mend the type',
  },
  {
    rule: 'R5 no-silent-catch',
    from: ownSource,
    pattern: /\.catch\(\s*(?:async\s*)?\(\s*\w*\s*\)\s*=>\s*(?:\{\s*\}|undefined|null|void 0)\s*\)/g,
    mend: 'Say in the log, or in a runtime issue, what was lost (R5)',
  },
  {
    rule: 'no-process-exit',
    from: /^packages\/backend\/src\/(?!main\.ts$)/,
    pattern: /\bprocess\.exit\(/g,
    except: isTestFile,
    mend: 'Only main.ts ends the process: throw an error',
  },
];

/** Code in one file that the rules do not allow where it stands. */
export function findForbiddenCode(file: SourceFile): Violation[] {
  const applicable = rules.filter(({ from, except }) => from.test(file.path) && except?.(file.path) !== true);
  if (applicable.length === 0) return [];
  const code = blank(file.text, { strings: true });
  return applicable.flatMap(({ rule, pattern, mend }) => {
    // A suppression is a comment itself.
    const haystack = rule === 'no-ts-ignore' ? file.text : code;
    return [...haystack.matchAll(pattern)].map((match) => ({
      path: file.path,
      line: lineAt(file.text, match.index),
      rule,
      message: `${match[0].trim()} is not allowed here. ${mend}`,
    }));
  });
}
