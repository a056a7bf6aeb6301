import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { GatewayEnv } from '../../env.ts';
import { HttpError } from '../../errors.ts';

/** Refuses bodies over `maxSizeBytes`, also those that do not say their size. @throws HttpError 413 */
export function limitBody(maxSizeBytes: number): MiddlewareHandler<GatewayEnv> {
  return bodyLimit({
    maxSize: maxSizeBytes,
    onError: () => {
      throw tooLarge(maxSizeBytes);
    },
  });
}

export function tooLarge(maxSizeBytes: number): HttpError {
  const kilobytes = Math.floor(maxSizeBytes / 1024);
  return new HttpError(413, 'too_large', `The body is larger than ${kilobytes} KiB. Send less at once.`);
}
