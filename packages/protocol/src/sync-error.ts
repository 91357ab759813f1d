import type { ErrorCode } from './error-code.ts';

/**
 * What Syncline refuses or fails at. `code` is stable and stands in docs/errors.md with what to do;
 * the message is for people and may change.
 */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly code: ErrorCode;
  /** Who comes back should wait for so long, in ms; 0: as it likes. */
  readonly retryAfterMs: number;

  constructor(
    code: ErrorCode,
    message: string,
    options?: ErrorOptions & { readonly retryAfterMs?: number },
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options?.retryAfterMs ?? 0;
  }
}
