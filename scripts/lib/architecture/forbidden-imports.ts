import { importsOf, isTestFile, type Import, type SourceFile, type Violation } from './source-file.ts';

interface ImportRule {
  readonly rule: string;
  /** Paths the rule is about. */
  readonly from: RegExp;
  /** What they may not import: a path in the checkout, or a package's name. */
  readonly to: RegExp;
  readonly except?: (path: string, found: Import) => boolean;
  readonly mend: string;
}

const inTests = (path: string): boolean => isTestFile(path);
const typesOnly = (_path: string, found: Import): boolean => found.typeOnly;

const rules: readonly ImportRule[] = [
  {
    rule: 'frontend-backend',
    from: /^packages\/frontend\/(?!e2e\/)/,
    to: /^packages\/(backend|github-double|demo-agent)\//,
    mend: 'The browser knows the client package and the shared types only',
  },
  {
    rule: 'client-backend',
    from: /^packages\/client\//,
    to: /^packages\/(backend|frontend|github-double|demo-agent)\//,
    except: (path, found) => inTests(path) || typesOnly(path, found),
    mend: "The client may take the API's type from the backend (import type), never its code",
  },
  {
    rule: 'shared-is-a-leaf',
    from: /^packages\/shared\//,
    to: /^packages\/(?!shared\/)|^node:/,
    except: inTests,
    mend: 'packages/shared runs in the browser too, and depends on nothing but zod',
  },
  {
    rule: 'backend-double',
    from: /^packages\/backend\//,
    to: /^packages\/(github-double|frontend|client)\//,
    except: inTests,
    mend: 'The backend must work against the real GitHub: only tests may use the double',
  },
  {
    rule: 'double-backend',
    from: /^packages\/(github-double|demo-agent)\//,
    to: /^packages\/(backend|frontend|client)\//,
    except: inTests,
    mend: 'A double that shares code with what it tests agrees with its faults',
  },
  {
    rule: 'actors-gateway',
    from: /^packages\/backend\/src\/(actors|command-loop|engine|github|sandbox|auth)\//,
    to: /^packages\/backend\/src\/gateway\//,
    except: inTests,
    mend: 'Actors know nothing of HTTP: move what both need below them',
  },
  {
    rule: 'integrations-actors',
    from: /^packages\/backend\/src\/(sandbox|github|engine|command-loop)\//,
    to: /^packages\/backend\/src\/actors\//,
    except: (path, found) => inTests(path) || (path.includes('/command-loop/') && typesOnly(path, found)),
    mend: 'Integrations are used by actors, not the other way: pass in what they need',
  },
  {
    rule: 'R8 no-processes',
    from: /^packages\/backend\/src\/(?!engine\/|sandbox\/providers\/)/,
    to: /^(node:)?child_process$/,
    except: inTests,
    mend: 'The backend starts no programs (R8): use executeInSandbox()',
  },
  {
    rule: 'R8 no-git',
    from: /^packages\/backend\//,
    to: /^(simple-git|isomorphic-git|nodegit)$/,
    mend: 'The backend has no working trees (R8): git runs in the sandbox through executeInSandbox()',
  },
];

/** Imports of one file that the layers do not allow. */
export function findForbiddenImports(file: SourceFile): Violation[] {
  const applicable = rules.filter(({ from }) => from.test(file.path));
  if (applicable.length === 0) return [];
  return importsOf(file).flatMap((found) =>
    applicable
      .filter(({ to, except }) => to.test(found.target) && except?.(file.path, found) !== true)
      .map(({ rule, mend }) => ({
        path: file.path,
        line: found.line,
        rule,
        message: `imports "${found.specifier}". ${mend}`,
      })),
  );
}
