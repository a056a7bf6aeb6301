import './quiet-rivetkit.ts';
import { startParts, type Part } from './composition.ts';
import { loopRuntimeIfAny } from './command-loop/runtime.ts';
import { storageLostExitCode, storageWatch } from './command-loop/storage-watch.ts';
import { ConfigError, loadConfig, type Config } from './config.ts';
import { processLimits } from './limits.ts';
import { createLogger, type Logger } from './log.ts';
import { processIssueReporter } from './process-issues.ts';
import { handleUncaughtErrors } from './uncaught-errors.ts';

/** Stops everything in reverse order of its start; one that fails does not keep the rest from stopping. */
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
const reportIssue = processIssueReporter(() => loopRuntimeIfAny()?.connections ?? null, logger);
handleUncaughtErrors({
  logger,
  report: reportIssue,
  exit: (code) => process.exit(code),
});

const parts: Part[] = [];
let stopping = false;

async function shutDown(why: Record<string, string>, exitCode: number): Promise<void> {
  // The second Ctrl-C means "now".
  if (stopping) process.exit(130);
  stopping = true;
  logger.info(why, 'stopping');
  setTimeout(() => {
    logger.error('did not stop in time; ending now');
    process.exit(1);
  }, processLimits.shutdownTimeoutMs).unref();
  await stopParts(parts, logger);
  process.exit(exitCode);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void shutDown({ signal }, 0));
}
storageWatch.listen((actor) => {
  if (stopping) return;
  const message = `The engine refuses what the actor ${actor} stores; Foundry restarts itself to get it back`;
  logger.fatal({ actor }, message);
  reportIssue(new Error(message), 'storageLost');
  void shutDown({ actor }, storageLostExitCode);
});

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
