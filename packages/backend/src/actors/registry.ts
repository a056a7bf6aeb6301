import { auditLog } from './audit-log/index.ts';
import { organization } from './organization/index.ts';

/** Every actor of Foundry, by the name its address has. */
export const actors = { auditLog, organization };
