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
  'server-busy': 503,
  'node-unreachable': 503,
};

/** The header `retry-after`, for who may come back: whole seconds, since it has no smaller ones. */
export function retryAfter({ retryAfterMs }: SyncError): string {
  return String(Math.max(1, Math.ceil(retryAfterMs / 1_000)));
}

/** What the transport answers in the place of messages. */
export function refuse(c: Context, error: SyncError): Response {
  const { code, message } = error;
  const status = STATUS[code] ?? 500;
  if (status === 429 || status === 503) c.header('retry-after', retryAfter(error));
  // The rest of the body is not read.
  if (status === 413) c.header('connection', 'close');
  return c.json({ code, message }, status);
}
