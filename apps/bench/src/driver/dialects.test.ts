import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import type { Dialect } from './dialect.ts';
import { FrameCache } from './frame-cache.ts';
import { hocuspocusDialect } from './hocuspocus.ts';
import { yWebsocketDialect } from './y-websocket.ts';

const DOCUMENT = 'a b';

function updateOf(text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = 7;
  doc.getText('text').insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

describe.each([
  ['y-websocket', yWebsocketDialect],
  ['hocuspocus', hocuspocusDialect],
] satisfies [string, Dialect][])('the frames of %s', (_name, dialect) => {
  test('an update says how far it reaches', () => {
    const update = updateOf('four');
    const message = dialect.decode(dialect.update(DOCUMENT, update));
    expect(message).toMatchObject({ type: 'update', isAnswer: false, update });
    expect(message.type === 'update' && [...message.ends]).toEqual([[7, 4]]);
  });

  test('a SyncStep2 is an answer', () => {
    const message = dialect.decode(dialect.syncStep2(DOCUMENT, updateOf('x')));
    expect(message).toMatchObject({ type: 'update', isAnswer: true });
  });

  test('a greeting ends with a SyncStep1', () => {
    const frame = dialect.greeting(DOCUMENT, Uint8Array.of(0)).at(-1);
    expect(frame && dialect.decode(frame)).toEqual({ type: 'sync-step-1' });
  });

  test('awareness comes back as it was written', () => {
    const entries = [
      { client: 300, clock: 2, state: '{"name":"Zoë"}' },
      { client: 5, clock: 0, state: 'null' },
    ];
    const frame = dialect.awareness(DOCUMENT, entries);
    expect(dialect.decode(frame)).toEqual({ type: 'awareness', entries, frame });
  });

  test.each(['short', 'long '.repeat(2_000)])('the same frame is read once: %.5s', (text) => {
    const cache = new FrameCache(dialect);
    const frame = Buffer.from(dialect.update(DOCUMENT, updateOf(text)));
    const first = cache.decode(frame);
    expect(cache.decode(Buffer.from(frame))).toBe(first);
    frame.fill(0);
    expect(first).toMatchObject({ update: updateOf(text) });
  });
});

test('y-websocket frames have no document name, and begin with the type', () => {
  expect(yWebsocketDialect.greeting(DOCUMENT, Uint8Array.of(0))).toEqual([
    Uint8Array.of(0, 0, 1, 0),
  ]);
  expect(yWebsocketDialect.url('h:1', DOCUMENT)).toBe('ws://h:1/a%20b');
});

test('hocuspocus frames begin with the document name, and a client says its token first', () => {
  const [token, step1] = hocuspocusDialect.greeting('d', Uint8Array.of(0));
  expect(token).toEqual(Uint8Array.from([1, 100, 2, 0, 0, 5, ...Buffer.from('4.8.0')]));
  expect(step1).toEqual(Uint8Array.of(1, 100, 0, 0, 1, 0));
  expect(hocuspocusDialect.decode(Uint8Array.of(9))).toEqual({ type: 'ping' });
});
