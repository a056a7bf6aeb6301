import type { CommandName, ParsedInput } from '../../../command-loop/catalog.ts';
import type { GitHubDataCatalog } from '../commands.ts';

/** Parsed body of `githubData.command.<N>`. */
export type GitHubDataInput<N extends string> =
  `githubData.command.${N}` extends CommandName<GitHubDataCatalog>
    ? ParsedInput<GitHubDataCatalog, `githubData.command.${N}`>
    : never;
