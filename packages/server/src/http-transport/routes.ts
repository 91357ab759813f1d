import type { HttpBindings } from '@hono/node-server';
import { countMessages, decodeBody, SyncError } from '@syncline/protocol';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { FRAGMENT_BYTES } from '../dialects/syncline/frame-of.ts';
import type { Edge } from '../edge.ts';
import type { Gate } from '../gate.ts';
import type { HttpConnections } from './http-connections.ts';
import { refuse } from './refusal.ts';
import type { RequestedConnection } from './requested-connection.ts';

/** The body of a request. Larger messages travel in fragments, and those in more requests. */
const MAX_BODY_BYTES = 2 * FRAGMENT_BYTES;

type Env = { Bindings: HttpBindings };

/**
 * `syncline.v1` over HTTP, for networks that block WebSockets: the same frames, one after the other
 * with their lengths. packages/protocol/SPEC.md has its rules.
 */
export function createSyncRoutes(edge: Edge, gate: Gate, connections: HttpConnections): Hono<Env> {
  const app = new Hono<Env>();

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

  const find = (c: Context<Env>): RequestedConnection => {
    gate.mustBeWelcome(c.env.incoming);
    return connections.find(c.req.param('id') ?? '');
  };

  app.post('/', limited, async (c) => {
    const visitor = gate.admit(c.env.incoming);
    const body = await bodyOf(c);
    const isEmpty = countMessages(body) === 0;
    edge.connections.mustAdmit(visitor.request.address); // others came while the body was read
    if (isEmpty) throw new SyncError('malformed-frame', 'the body has no hello');
    const connection = connections.open(visitor);
    connection.take(decodeBody(body)).catch(() => {}); // it was ended, and has said why
    const answer = await connection.down.first();
    if (connection.isOpen) return binary(c, answer, { 'syncline-connection': connection.id });
    connection.terminate();
    return binary(c, answer, {});
  });

  app.post('/:id', async (c, next) => {
    find(c); // before its body is read
    await next();
  });
  app.post('/:id', limited, async (c) => {
    const connection = find(c);
    const number = numberOf(c.req.query('n'), 'n');
    await connection.post(number, await bodyOf(c), endOf(c));
    return c.body(null, 204);
  });

  app.get('/:id', async (c) => {
    const connection = find(c);
    const headers = { 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
    if (c.req.query('mode') === 'stream') return binary(c, connection.stream(), headers);
    const after = numberOf(c.req.query('after') ?? '0', 'after');
    const { body, next } = await connection.poll(after, endOf(c));
    return binary(c, body, { ...headers, 'syncline-next': String(next) });
  });

  app.delete('/:id', async (c) => {
    await find(c).leave();
    return c.body(null, 204);
  });

  return app;
}

async function bodyOf(c: Context<Env>): Promise<Uint8Array> {
  return new Uint8Array(await c.req.arrayBuffer());
}

/** Aborted when the request is answered, or its client waits no more. */
function endOf(c: Context<Env>): AbortSignal {
  const end = new AbortController();
  c.env.outgoing.once('close', () => end.abort());
  return end.signal;
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
