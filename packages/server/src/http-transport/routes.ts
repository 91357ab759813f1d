import type { HttpBindings } from '@hono/node-server';
import { decodeBody, SyncError } from '@syncline/protocol';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { SynclineDialect } from '../dialects/syncline/dialect.ts';
import { FRAGMENT_BYTES } from '../dialects/syncline/frame-of.ts';
import type { Edge } from '../edge.ts';
import type { Gate } from '../gate.ts';
import { HttpConnection } from './http-connection.ts';
import { refuse } from './refusal.ts';

/** The body of a request. Larger messages travel in fragments, and those in more requests. */
const MAX_BODY_BYTES = 2 * FRAGMENT_BYTES;

type Env = { Bindings: HttpBindings };

/**
 * `syncline.v1` over HTTP, for networks that block WebSockets: the same frames, one after the other
 * with their lengths. packages/protocol/SPEC.md has its rules.
 */
export function createSyncRoutes(edge: Edge, gate: Gate): Hono<Env> {
  const app = new Hono<Env>();
  const connections = new Map<string, HttpConnection>();

  app.use(
    cors({
      origin: (origin, c: Context<Env>) => (gate.isWelcome(c.env.incoming) ? origin : null),
      allowMethods: ['GET', 'POST', 'DELETE'],
      allowHeaders: ['content-type', 'authorization'],
      exposeHeaders: ['syncline-connection', 'syncline-next', 'retry-after'],
      maxAge: 3_600,
    }),
  );
  app.onError((error, c) => {
    if (error instanceof SyncError) return refuse(c, error);
    edge.logger.error({ err: error }, 'a request caused a fault');
    return refuse(c, new SyncError('internal', 'a fault of the server'));
  });
  const limited = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      throw new SyncError('body-too-large', `the body is over ${MAX_BODY_BYTES} bytes`);
    },
  });

  const find = (c: Context<Env>): HttpConnection => {
    gate.mustBeWelcome(c.env.incoming);
    const connection = connections.get(c.req.param('id') ?? '');
    if (connection !== undefined) return connection;
    throw new SyncError('connection-unknown', 'there is no such connection; open a new one');
  };

  app.post('/', limited, async (c) => {
    const visitor = gate.admit(c.env.incoming);
    const messages = await messagesOf(c);
    edge.connections.mustAdmit(visitor.request.address); // others came while the body was read
    if (messages.length === 0) throw new SyncError('malformed-frame', 'the body has no hello');
    const connection = new HttpConnection(edge, visitor, (it) => new SynclineDialect(it, edge));
    edge.connections.add(connection);
    connections.set(connection.id, connection);
    connection.onGone = () => connections.delete(connection.id);
    connection.take(messages).catch(() => {}); // it was ended, and has said why
    const body = await connection.down.first();
    if (connection.isOpen) return binary(c, body, { 'syncline-connection': connection.id });
    connection.terminate();
    return binary(c, body, {});
  });

  app.post('/:id', async (c, next) => {
    find(c); // before its body is read
    await next();
  });
  app.post('/:id', limited, async (c) => {
    const connection = find(c);
    const number = numberOf(c.req.query('n'), 'n');
    const messages = await messagesOf(c);
    await connection.up.run(number, () => connection.take(messages));
    return c.body(null, 204);
  });

  app.get('/:id', async (c) => {
    const connection = find(c);
    const headers = { 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
    if (c.req.query('mode') === 'stream') {
      const reader = connection.reading();
      const cancelled = () => connection.terminate();
      return binary(c, connection.down.stream({ ended: reader.done, cancelled }), headers);
    }
    const after = numberOf(c.req.query('after') ?? '0', 'after');
    const reader = connection.reading();
    c.env.incoming.once('close', reader.done);
    const { body, next } = await connection.down.poll(after);
    reader.done();
    return binary(c, body, { ...headers, 'syncline-next': String(next) });
  });

  app.delete('/:id', (c) => {
    find(c).terminate();
    return c.body(null, 204);
  });

  return app;
}

async function messagesOf(c: Context<Env>): Promise<Uint8Array[]> {
  return [...decodeBody(new Uint8Array(await c.req.arrayBuffer()))];
}

function numberOf(text: string | undefined, name: string): number {
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text);
  throw new SyncError('malformed-frame', `${name} must be a number in the query`);
}

function binary(
  c: Context<Env>,
  body: Uint8Array | ReadableStream<Uint8Array>,
  headers: Record<string, string>,
): Response {
  const data = body instanceof ReadableStream ? body : (body as Uint8Array<ArrayBuffer>);
  return c.body(data, 200, { 'content-type': 'application/octet-stream', ...headers });
}
