import { processLimits } from './limits.ts';
import type { Logger } from './log.ts';

export type UncaughtErrorKind = 'uncaughtException' | 'unhandledRejection';

/** Receives what nobody caught, normalised to an Error: becomes a runtime issue (R6). Must not throw. */
export type UncaughtErrorReporter = (error: Error, kind: UncaughtErrorKind) => void;

/**
 * Makes errors that nobody caught visible (R6): a log entry, and a call of `report`. The process goes on, since
 * one faulty connection must not end everybody's work and all durable state lives in actors; when it keeps
 * happening, `exit` is called and whatever supervises the backend starts it afresh.
 * @returns a function that removes the handlers.
 */
export function handleUncaughtErrors(options: {
  readonly logger: Logger;
  readonly report: UncaughtErrorReporter;
  readonly exit: (code: number) => void;
}): () => void {
  const { logger, report, exit } = options;
  let recent: number[] = [];

  const handle = (reason: unknown, kind: UncaughtErrorKind): void => {
    const error = reason instanceof Error ? reason : new Error(String(reason));
    logger.fatal({ error, kind }, 'an error that nobody caught');
    report(error, kind);
    const now = Date.now();
    recent = [...recent.filter((at) => now - at < processLimits.uncaughtErrorsWindowMs), now];
    if (recent.length > processLimits.uncaughtErrorsUntilExit) {
      logger.fatal({ count: recent.length }, 'too many uncaught errors: ending, to be started afresh');
      exit(70);
    }
  };
  const onException = (error: unknown): void => handle(error, 'uncaughtException');
  const onRejection = (reason: unknown): void => handle(reason, 'unhandledRejection');
  process.on('uncaughtException', onException);
  process.on('unhandledRejection', onRejection);
  return () => {
    process.off('uncaughtException', onException);
    process.off('unhandledRejection', onRejection);
  };
}
