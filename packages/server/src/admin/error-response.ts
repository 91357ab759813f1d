import { type ErrorCode, SyncError } from '@syncline/protocol';
import type { Logger } from 'pino';

/** What is not here is a fault of the server. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  'document-id-invalid': 400,
  'file-invalid': 400,
  'malformed-frame': 400,
  'config-invalid': 400,
  'rules-invalid': 400,
  'token-missing': 401,
  'token-invalid': 401,
  'token-expired': 401,
  'admin-refused': 403,
  'origin-refused': 403,
  'document-missing': 404,
  'document-exists': 409,
  'body-too-large': 413,
  'update-refused': 422,
  'server-stopping': 503,
  'load-failed': 503,
  'commit-failed': 503,
  'store-damaged': 503,
  'store-read-only': 503,
  'store-closed': 503,
};

/** An error as JSON: `{code, message}`. What is not meant for clients stays in the log. */
export function errorResponse(error: unknown, logger: Logger): Response {
  const known = error instanceof SyncError ? error : undefined;
  const status = (known && STATUS[known.code]) ?? 500;
  if (status >= 500) logger.error({ err: error }, 'an operation failed');
  const { code, message } = known ?? { code: 'internal', message: 'a fault of the server' };
  return Response.json({ code, message }, { status });
}
