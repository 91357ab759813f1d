import type { IncomingMessage } from 'node:http';
import { parseDocumentId, SyncError } from '@syncline/protocol';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Logger } from 'pino';
import type { SessionSelection, Sessions } from '../sessions.ts';
import { errorResponse } from './error-response.ts';
import type { Guard } from './guard.ts';

const MAX_BODY_BYTES = 16 * 1024;

export interface ControlOptions {
  readonly guard: Guard;
  readonly sessions: Sessions;
  /** Reads the configuration again, and puts it in force. */
  readonly reload: () => Promise<void>;
  readonly logger: Logger;
}

type Env = { Bindings: { readonly incoming: IncomingMessage } };

/** What operators ask of a running server as a whole, below `/v1`. */
export function createControlRoutes(options: ControlOptions): Hono<Env> {
  const { guard, sessions, reload, logger } = options;
  const app = new Hono<Env>();
  app.onError((error) => errorResponse(error, logger));

  const onError = () => {
    throw new SyncError('body-too-large', `the body is over ${MAX_BODY_BYTES} bytes`);
  };
  app.post('/sessions/revoke', bodyLimit({ maxSize: MAX_BODY_BYTES, onError }), async (c) => {
    const selection = await selectionOf(c);
    await guard.mustAdmit(c.env.incoming, 'document' in selection ? selection.document : undefined);
    const ended = sessions.revoke(selection);
    logger.info({ ...selection, ended }, 'sessions were revoked for an operator');
    return c.json({ ended });
  });

  app.post('/reload', async (c) => {
    await guard.mustAdmit(c.env.incoming);
    await reload();
    return c.json({ sessions: sessions.count });
  });

  return app;
}

async function selectionOf(c: Context<Env>): Promise<SessionSelection> {
  const body: unknown = await c.req.json().catch(() => undefined);
  if (typeof body === 'object' && body !== null) {
    if ('user' in body && typeof body.user === 'string') return { user: body.user };
    if ('document' in body && typeof body.document === 'string') {
      return { document: parseDocumentId(body.document) };
    }
  }
  throw new SyncError('malformed-frame', 'the body must be {"user": …} or {"document": …}');
}
