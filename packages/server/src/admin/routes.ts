import type { IncomingMessage } from 'node:http';
import { ReadableStream } from 'node:stream/web';
import { type DocumentId, documentIdFromPath, SyncError } from '@syncline/protocol';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Logger } from 'pino';
import { decodeDocumentFile, encodeDocumentFile } from './document-file.ts';
import { errorResponse } from './error-response.ts';
import type { Guard } from './guard.ts';
import type { Operator } from './operator.ts';

/** A larger import is refused: it would be held in memory as a whole, more than once. */
const DEFAULT_MAX_IMPORT_BYTES = 256 * 1024 * 1024;
/** Lines of a list go out in chunks of about so many characters. */
const CHUNK_LENGTH = 16 * 1024;

export interface AdminOptions {
  readonly guard: Guard;
  readonly operator: Operator;
  readonly logger: Logger;
  readonly maxImportBytes?: number | undefined;
}

const BELOW = '/v1/documents/';

/** The names by which requests reach the socket they came over, as `@hono/node-server` has it. */
type Env = { Bindings: { readonly incoming: IncomingMessage } };

/**
 * What operators ask a server over HTTP, below `/v1/documents`. `:id` is percent-encoded. Answers
 * are JSON; errors are `{code, message}` with a code from docs/errors.md.
 */
export function createAdminRoutes(options: AdminOptions): Hono<Env> {
  const { guard, operator, logger, maxImportBytes } = options;
  const app = new Hono<Env>();
  app.use('/', async (c, next) => {
    await guard.mustAdmit(c.env.incoming);
    await next();
  });
  app.use('/:id/*', async (c, next) => {
    await guard.mustAdmit(c.env.incoming, documentIdOf(c));
    await next();
  });
  app.onError((error) => errorResponse(error, logger));
  app.notFound((c) => c.text('not found', 404));

  app.get('/', (c) => {
    const selection = { changed: isSet(c, 'changed') };
    if (!isSet(c, 'names')) return ndjson(operator.list(selection), logger);
    return ndjson(asObjects(operator.names(selection)), logger);
  });

  app.get('/:id', async (c) => c.json(await operator.inspect(documentIdOf(c))));

  app.post('/:id/compact', async (c) => {
    const documentId = documentIdOf(c);
    const report = await operator.compact(documentId);
    logger.info({ documentId, compacted: report.compacted }, 'compacted for an operator');
    return c.json(report);
  });

  app.post('/:id/reset', async (c) => {
    const documentId = documentIdOf(c);
    const { epoch, head } = await operator.reset(documentId);
    logger.info({ documentId, epoch }, 'reset for an operator');
    return c.json({ documentId, epoch, head });
  });

  app.get('/:id/export', async (c) => {
    const file = encodeDocumentFile(await operator.export(documentIdOf(c)));
    return c.body(new Uint8Array(file), 200, { 'content-type': 'application/octet-stream' });
  });

  const maxSize = maxImportBytes ?? DEFAULT_MAX_IMPORT_BYTES;
  const onError = () => {
    const limit = `${Math.round(maxSize / 1024)} KiB`;
    throw new SyncError('body-too-large', `a document to import must not be larger than ${limit}`);
  };
  app.put('/:id', bodyLimit({ maxSize, onError }), async (c) => {
    const documentId = documentIdOf(c);
    const { update } = decodeDocumentFile(new Uint8Array(await c.req.arrayBuffer()));
    const { epoch, head } = await operator.import(documentId, update, {
      replace: isSet(c, 'replace'),
    });
    logger.info({ documentId, epoch, bytes: update.length }, 'imported for an operator');
    return c.json({ documentId, epoch, head }, 201);
  });

  app.delete('/:id', async (c) => {
    const documentId = documentIdOf(c);
    await operator.delete(documentId);
    logger.info({ documentId }, 'deleted for an operator');
    return c.body(null, 204);
  });

  return app;
}

/** As the WebSockets read it: strictly, and only once decoded. */
function documentIdOf(c: Context<Env>): DocumentId {
  const { pathname } = new URL(c.req.url);
  const [name = ''] = pathname.slice(pathname.indexOf(BELOW) + BELOW.length).split('/');
  return documentIdFromPath(`/${name}`);
}

/** `?name` and `?name=true`. */
function isSet(c: Context<Env>, name: string): boolean {
  const value = c.req.query(name);
  return value === '' || value === 'true';
}

async function* asObjects(names: AsyncIterable<DocumentId>) {
  for await (const documentId of names) yield { documentId };
}

/**
 * One JSON value a line, as fast as it is read. An error after the first lines cannot become a
 * status any more: it is the last line, `{"error": …}` without a `documentId`.
 */
function ndjson(values: AsyncIterable<object>, logger: Logger): Response {
  const encoder = new TextEncoder();
  const chunks = async function* () {
    let lines = '';
    try {
      for await (const value of values) {
        lines += `${JSON.stringify(value)}\n`;
        if (lines.length < CHUNK_LENGTH) continue;
        yield encoder.encode(lines);
        lines = '';
      }
    } catch (error) {
      const body: unknown = await errorResponse(error, logger).json();
      lines += `${JSON.stringify({ error: body })}\n`;
    }
    if (lines !== '') yield encoder.encode(lines);
  };
  const body = ReadableStream.from(chunks());
  return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } });
}
