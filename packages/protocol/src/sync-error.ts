import type { ErrorCode } from './error-code.ts';

/**
 * What Syncline refuses or fails at. `code` is stable and stands in docs/errors.md with what to do;
 * the message is for people and may change.
 */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
