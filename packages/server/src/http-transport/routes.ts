import type { HttpBindings } from '@hono/node-server';
import { decodeBody, SyncError } from '@syncline/protocol';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { SynclineDialect } from '../dialects/syncline/dialect.ts';
import type { Edge } from '../edge.ts';
import type { Gate } from '../gate.ts';
import { HttpConnection } from './http-connection.ts';

/** The hello is answered within this. */
const GREETING_MS = 10_000;

type Env = { Bindings: HttpBindings };

const STATUS: Partial<Record<string, 400 | 403 | 404 | 413 | 429 | 503>> = {
  'malformed-frame': 400,
  'origin-refused': 403,
  'connection-unknown': 404,
  'body-too-large': 413,
  'frame-too-large': 413,
  'too-many-connections': 429,
  'server-stopping': 503,
};

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
      exposeHeaders: ['syncline-connection', 'syncline-next'],
      maxAge: 3_600,
    }),
  );
  const limited = (name: 'frameBytes' | 'queueBytes') =>
    bodyLimit({
      maxSize: edge.limits[name],
      onError: (c) => refuse(c, new SyncError('body-too-large', `the body is over limits.${name}`)),
    });
  app.onError((error, c) => {
    if (error instanceof SyncError) return refuse(c, error);
    edge.logger.error({ err: error }, 'a request caused a fault');
    return refuse(c, new SyncError('internal', 'a fault of the server'));
  });

  const find = (c: Context<Env>): HttpConnection => {
    gate.mustBeWelcome(c.env.incoming);
    const connection = connections.get(c.req.param('id') ?? '');
    if (connection !== undefined) return connection;
    throw new SyncError('connection-unknown', 'there is no such connection; open a new one');
  };

  app.post('/', limited('queueBytes'), async (c) => {
    const visitor = gate.admit(c.env.incoming);
    const messages = await messagesOf(c);
    const connection = new HttpConnection(
      edge,
      visitor,
      (connection) => new SynclineDialect(connection, edge),
    );
    edge.connections.add(connection);
    connections.set(connection.id, connection);
    connection.onGone = () => connections.delete(connection.id);
    void connection.take(messages);
    const { body, next } = await connection.down.poll(0, GREETING_MS);
    connection.down.forget(next);
    return binary(c, body, { 'syncline-connection': connection.id });
  });

  app.post('/:id', limited('frameBytes'), async (c) => {
    const connection = find(c);
    const number = numberOf(c.req.query('n'), 'n');
    const messages = await messagesOf(c);
    await connection.up.run(number, () => connection.take(messages));
    return c.body(null, 204);
  });

  app.get('/:id', async (c) => {
    const connection = find(c);
    const reader = connection.reading();
    const headers = { 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
    if (c.req.query('mode') === 'stream') {
      const stream = connection.down.stream(() => connection.terminate());
      return binary(c, stream, headers);
    }
    const { incoming } = c.env;
    incoming.once('close', reader.done);
    try {
      const { body, next } = await connection.down.poll(
        numberOf(c.req.query('after') ?? '0', 'after'),
      );
      return binary(c, body, { ...headers, 'syncline-next': String(next) });
    } finally {
      incoming.off('close', reader.done);
      reader.done();
    }
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

function refuse(c: Context, { code, message }: SyncError): Response {
  return c.json({ code, message }, STATUS[code] ?? 500);
}
