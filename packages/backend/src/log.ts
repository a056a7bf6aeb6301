import { destination, pino, type Logger, type LoggerOptions } from 'pino';

export type { Logger } from 'pino';

/** Keys that hold secrets wherever they appear in a log entry (R17). */
const secretKeys = [
  'authorization',
  'Authorization',
  'cookie',
  'Cookie',
  '["set-cookie"]',
  '["x-hub-signature-256"]',
  'token',
  'accessToken',
  'refreshToken',
  'idToken',
  'sessionToken',
  'password',
  'secret',
  'clientSecret',
  'webhookSecret',
  'privateKey',
  'apiKey',
  '["x-api-key"]',
] as const;

/** pino's redaction names exact paths: these are the depths at which our entries nest objects. */
const redactedPaths = secretKeys.flatMap((key) => {
  const suffix = key.startsWith('[') ? key : `.${key}`;
  return [key, `*${suffix}`, `*.*${suffix}`, `*.*.*${suffix}`];
});

const options = (level: string): LoggerOptions => ({
  level,
  base: null,
  timestamp: () => `,"time":"${new Date().toISOString()}"`,
  formatters: { level: (label) => ({ level: label }) },
  redact: { paths: redactedPaths, censor: '[redacted]' },
  serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
});

/**
 * The process's logger: one JSON object per line on stdout, secrets redacted.
 * Parts of the backend use `logger.child({ part: 'engine' })`.
 * @param write where lines go instead of stdout (tests).
 */
export function createLogger(level: string, write?: (line: string) => void): Logger {
  // Synchronous: the last lines before a crash are the ones that matter.
  return pino(options(level), write === undefined ? destination({ dest: 1, sync: true }) : { write });
}
