/** The demo agent's program: ACP over stdin and stdout. It ends when its input ends. */
import { homedir } from 'node:os';
import { Readable, Writable } from 'node:stream';
import { ndJsonStream } from '@agentclientprotocol/sdk';
import { createDemoAgent } from './agent.ts';
import { killRunningCommands } from './command.ts';

const connection = createDemoAgent({ homeDirectory: homedir() }).connect(
  ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)),
);
await connection.closed;
killRunningCommands();
process.exit(0);
