import { ConfigError, loadConfig, type Config } from './config.ts';
import { superviseEngine, useExternalEngine, type Engine } from './engine/supervisor.ts';
import { keepTcpNoDelay } from './engine/tcp-nodelay.ts';
import { startGateway } from './gateway/server.ts';
import { processLimits } from './limits.ts';
import { createLogger, type Logger } from './log.ts';
import { handleUncaughtErrors } from './uncaught-errors.ts';

/** Something that was started and has to be stopped; later ones are stopped first. */
interface Part {
  readonly name: string;
  readonly stop: () => Promise<void>;
}

async function startEngine(config: Config, logger: Logger): Promise<Engine> {
  const { externalEndpoint, port } = config.engine;
  return externalEndpoint === undefined
    ? superviseEngine({ dataDir: config.dataDir, port, logger })
    : useExternalEngine(externalEndpoint, logger);
}

/** Tells rivetkit where its engine is. It reads these when the registry is set up: call this before importing it. */
function setRivetEnvironment(endpoint: string, pool: string): void {
  process.env['RIVET_ENDPOINT'] = endpoint;
  process.env['RIVET_POOL'] = pool;
  // Its bundled services process does nothing for us and stays behind on a fixed port.
  process.env['RIVET_RUN_SERVICES'] = '0';
}

async function startParts(config: Config, logger: Logger, parts: Part[]): Promise<void> {
  const engine = await startEngine(config, logger);
  parts.push({ name: 'engine', stop: () => engine.stop() });
  setRivetEnvironment(engine.endpoint, config.engine.pool);
  const noDelay = keepTcpNoDelay({ port: engine.port, logger });
  parts.push({ name: 'tcp settings', stop: async () => noDelay.stop() });
  if (config.roles.gateway) {
    const gateway = await startGateway({ config, logger, isEngineReady: () => engine.isReady() });
    parts.push({ name: 'gateway', stop: () => gateway.stop() });
  }
}

/** Stops everything in reverse order of its start; one that fails or hangs does not keep the rest from stopping. */
async function stopParts(parts: Part[], logger: Logger): Promise<void> {
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    try {
      await part.stop();
    } catch (error) {
      logger.error({ error, part: part.name }, 'could not be stopped cleanly');
    }
  }
}

function readConfig(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(78);
  }
}

const config = readConfig();
const logger = createLogger(config.logLevel);
handleUncaughtErrors({ logger, report: () => undefined, exit: (code) => process.exit(code) });

const parts: Part[] = [];
let stopping = false;

async function shutDown(signal: NodeJS.Signals): Promise<void> {
  // The second Ctrl-C means "now".
  if (stopping) process.exit(130);
  stopping = true;
  logger.info({ signal }, 'stopping');
  setTimeout(() => {
    logger.error('did not stop in time; ending now');
    process.exit(1);
  }, processLimits.shutdownTimeoutMs).unref();
  await stopParts(parts, logger);
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void shutDown(signal));
}

try {
  await startParts(config, logger, parts);
  logger.info({ url: config.publicUrl, pid: process.pid }, 'Foundry is ready');
} catch (error) {
  if (!stopping) {
    const message = error instanceof Error ? error.message : String(error);
    logger.fatal({ error }, `Foundry could not start: ${message}`);
    await stopParts(parts, logger);
    process.exit(1);
  }
}
