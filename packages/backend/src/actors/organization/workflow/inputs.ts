import type { CommandName, ParsedInput } from '../../../command-loop/catalog.ts';
import type { OrganizationCatalog } from '../commands.ts';

/** Parsed body of `organization.command.<N>`. */
export type OrganizationInput<N extends string> =
  `organization.command.${N}` extends CommandName<OrganizationCatalog>
    ? ParsedInput<OrganizationCatalog, `organization.command.${N}`>
    : never;
