/* Builds the web app when its sources changed since the last build. */
import { resolve } from 'node:path';
import { buildFrontend } from './frontend-build.ts';

const built = await buildFrontend(resolve(import.meta.dirname, '../..'));
process.stdout.write(built ? 'The web app was built\n' : 'The web app is up to date\n');
