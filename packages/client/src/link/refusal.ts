import { SyncError } from '@syncline/protocol';
import type { LinkEnd } from './link.ts';

/** A request was refused, or what was answered is of no use. */
export class Refusal extends Error {
  readonly end: LinkEnd;

  constructor(end: LinkEnd) {
    super(end.message);
    this.end = end;
  }
}

/** What ends a link that met an error. */
export function endOf(error: unknown): LinkEnd {
  if (error instanceof Refusal) return error.end;
  if (error instanceof SyncError) return { message: error.message, code: error.code };
  return { message: String(error) };
}

/**
 * What an HTTP answer says that is none of the protocol: the server's own refusals have a code (P9), as
 * JSON or (in the place of a WebSocket) as `code: message`; those of proxies have a status only.
 * @param retryAfter the header, in seconds
 */
export function refusalOf(status: number, body: string, retryAfter?: string | null): LinkEnd {
  const retryAfterMs = (Number(retryAfter) || 0) * 1_000;
  const [, code, message] = /^([a-z-]+): (.*)\n$/.exec(body) ?? fieldsOf(body);
  return code === undefined || message === undefined
    ? { message: `HTTP status ${status}`, retryAfterMs }
    : { message, code, retryAfterMs };
}

function fieldsOf(body: string): (string | undefined)[] {
  try {
    const { code, message } = JSON.parse(body) as Record<string, unknown>;
    if (typeof code === 'string' && typeof message === 'string') return ['', code, message];
  } catch {
    // Of a proxy.
  }
  return [];
}
