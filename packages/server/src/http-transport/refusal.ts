import type { SyncError } from '@syncline/protocol';
import type { Context } from 'hono';

const STATUS: Partial<Record<string, 400 | 403 | 404 | 413 | 429 | 503>> = {
  'malformed-frame': 400,
  'document-id-invalid': 400,
  'origin-refused': 403,
  'connection-unknown': 404,
  'body-too-large': 413,
  'too-many-connections': 429,
  'rate-limited': 429,
  'server-stopping': 503,
};

/** Who is asked to come back is told when, in seconds. */
const RETRY_AFTER = '1';

/** What the transport answers in the place of messages. */
export function refuse(c: Context, { code, message }: SyncError): Response {
  const status = STATUS[code] ?? 500;
  if (status === 429 || status === 503) c.header('retry-after', RETRY_AFTER);
  // The rest of the body is not read.
  if (status === 413) c.header('connection', 'close');
  return c.json({ code, message }, status);
}
