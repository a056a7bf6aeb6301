import { HTTPException } from 'hono/http-exception';
import { describe, expect, test } from 'vitest';
import { AuthStoreError } from '../auth/auth-store.ts';
import { ActorRefusedError, UnknownOutcomeError } from '../command-loop/connections.ts';
import { errorBody, failureError, HttpError, notFound, statusOfCode, toHttpError } from './errors.ts';

const address = { kind: 'task', key: ['org', '1'] };

describe('one mapping from errors to answers', () => {
  test.each([
    ['invalid_input', 400],
    ['branch_taken', 409],
    ['task_exists', 409],
    ['turn_running', 409],
    ['issue_not_found', 404],
    ['task_not_opened', 404],
    ['rate_limited', 429],
    ['unknown_command', 500],
    ['workspace_not_ready', 422],
  ])('%s is %i', (code, status) => {
    expect(statusOfCode(code)).toBe(status);
    expect(toHttpError(new ActorRefusedError(code, 'words', null))).toMatchObject({
      status,
      code,
      message: 'words',
    });
    expect(failureError({ code, message: 'words', retryable: false })).toMatchObject({ status, code });
  });

  test('an unknown outcome and an unreachable store ask to come again', () => {
    for (const error of [
      new UnknownOutcomeError(address, 'snapshot', new Error('secret path /x')),
      new AuthStoreError('unavailable', 'secret'),
    ]) {
      const mapped = toHttpError(error);
      expect(mapped).toMatchObject({ status: 503, code: 'unavailable' });
      expect(mapped.retryAfterMs).toBeGreaterThan(0);
      expect(mapped.message).not.toContain('secret');
    }
  });

  test('what nobody expected says nothing of itself', () => {
    const mapped = toHttpError(new Error('select * from secrets'));
    expect(mapped).toMatchObject({ status: 500, code: 'internal_error' });
    expect(mapped.message).not.toContain('secrets');
    expect(toHttpError(new HTTPException(415))).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    });
  });

  test('the body has the request id, and a wait only when there is one', () => {
    expect(errorBody(notFound('task'), 'r1').error).toEqual({
      code: 'not_found',
      message: notFound('task').message,
      requestId: 'r1',
    });
    const later = new HttpError(503, 'x', 'y', { retryAfterMs: 5 });
    expect(errorBody(later, 'r').error.retryAfterMs).toBe(5);
  });
});
