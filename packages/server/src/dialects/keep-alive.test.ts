import { decodeServerMessage } from '@syncline/protocol';
import { expect, it } from 'vitest';
import type { Connection } from '../connection.ts';
import type { Edge } from '../edge.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { HocuspocusDialect } from './hocuspocus/dialect.ts';
import { SynclineDialect } from './syncline/dialect.ts';

/** Where a dialect may say what it likes; nobody is let in. */
function connect() {
  const written: Uint8Array[] = [];
  const connection = {
    id: 'id',
    token: undefined,
    isOpen: true,
    isReading: true,
    terminated: 0,
    throttle: { charge: () => {} },
    frame: (message: Uint8Array) => message,
    write: (frame: Uint8Array) => written.push(frame),
    pause: () => {},
    resume: () => {},
    terminate() {
      connection.terminated++;
    },
  };
  const identity = { user: null };
  const edge = {
    limits: DEFAULT_LIMITS,
    schema: {},
    version: '',
    policy: { authenticate: async () => await new Promise(() => {}) },
    connections: { claim: () => {} },
    sessions: { mustBeSoon: () => {} },
  };
  const letIn = { ...edge, policy: { authenticate: async () => await Promise.resolve(identity) } };
  return {
    written,
    state: connection,
    connection: connection as unknown as Connection,
    edge: edge as unknown as Edge,
    letIn: letIn as unknown as Edge,
  };
}

const auth = (key: string, version?: string) => [
  key.length,
  ...Buffer.from(key),
  2,
  0,
  1,
  97,
  ...(version === undefined ? [] : [version.length, ...Buffer.from(version)]),
];

it('a client of Hocuspocus that says its version is pinged', () => {
  const { connection, edge, written } = connect();
  const dialect = new HocuspocusDialect(connection, edge);
  dialect.keepAlive();
  expect(written).toEqual([]);
  dialect.receive(Uint8Array.from(auth('ab', '4.8.0')));
  dialect.keepAlive();
  expect(written).toEqual([Uint8Array.of(9)]);
  dialect.receive(Uint8Array.of(9));
  expect(written.at(-1)).toEqual(Uint8Array.of(10));
  dialect.closed();
});

it('an older one gets an empty awareness message with its key', () => {
  const { connection, edge, written } = connect();
  const dialect = new HocuspocusDialect(connection, edge);
  dialect.receive(Uint8Array.from(auth('ab')));
  dialect.keepAlive();
  expect(written).toEqual([Uint8Array.of(2, 97, 98, 1, 1, 0)]);
  dialect.closed();
});

it('L2 a client of syncline.v1 is asked, and is gone when nothing comes until the next time', async () => {
  const { connection, letIn, written, state } = connect();
  const dialect = new SynclineDialect(connection, letIn);
  dialect.keepAlive();
  expect(written).toEqual([]);
  dialect.receive(Uint8Array.of(16, 1, 1, 0, 0, 0, 0));
  await expect.poll(() => written.length).toBe(1);
  for (let round = 0; round < 3; round++) {
    dialect.keepAlive();
    expect(decodeServerMessage(written.at(-1) as Uint8Array)).toEqual({ type: 'ping' });
    dialect.receive(Uint8Array.of(2));
  }
  dialect.keepAlive();
  expect(state.terminated).toBe(0);
  // Who is not read cannot answer.
  state.isReading = false;
  dialect.keepAlive();
  expect(state.terminated).toBe(0);
  state.isReading = true;
  dialect.keepAlive();
  expect(state.terminated).toBe(1);
  dialect.closed();
});
