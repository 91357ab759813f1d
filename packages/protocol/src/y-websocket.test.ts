import { createDecoder, readVarUint, readVarUint8Array } from 'lib0/decoding';
import { createEncoder, toUint8Array, writeVarUint } from 'lib0/encoding';
import { describe, expect, it } from 'vitest';
import { readAuthMessage } from 'y-protocols/auth';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import { readSyncMessage, writeSyncStep1, writeUpdate } from 'y-protocols/sync';
import * as Y from 'yjs';
import { decodeAwareness, encodeAwareness } from './awareness.ts';
import {
  decodeYWebsocket,
  encodeAwarenessMessage,
  encodePermissionDenied,
  encodeSyncStep1,
  encodeSyncStep2,
  encodeUpdate,
} from './y-websocket.ts';

const malformed = expect.objectContaining({ code: 'malformed-frame' });

describe('the y-websocket dialect', () => {
  it('reads what y-protocols writes', () => {
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'hello');
    const step1 = createEncoder();
    writeVarUint(step1, 0);
    writeSyncStep1(step1, doc);
    expect(decodeYWebsocket(toUint8Array(step1))).toEqual({
      type: 'sync-step-1',
      stateVector: Y.encodeStateVector(doc),
    });
    const update = createEncoder();
    writeVarUint(update, 0);
    writeUpdate(update, Y.encodeStateAsUpdate(doc));
    expect(decodeYWebsocket(toUint8Array(update))).toEqual({
      type: 'update',
      update: Y.encodeStateAsUpdate(doc),
    });
  });

  it('writes what y-protocols reads', () => {
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'hello');
    const reader = new Y.Doc();
    for (const frame of [
      encodeSyncStep2(Y.encodeStateAsUpdate(doc)),
      encodeUpdate(Y.encodeStateAsUpdate(doc)),
    ]) {
      const decoder = createDecoder(frame);
      expect(readVarUint(decoder)).toBe(0);
      readSyncMessage(decoder, createEncoder(), reader, 'test');
      expect(reader.getText('text').toString()).toBe('hello');
    }
    const answer = createEncoder();
    const decoder = createDecoder(encodeSyncStep1(Y.encodeStateVector(new Y.Doc())));
    readVarUint(decoder);
    readSyncMessage(decoder, answer, doc, 'test');
    expect(decodeYWebsocket(new Uint8Array([0, ...toUint8Array(answer)]))).toEqual({
      type: 'sync-step-2',
      update: Y.encodeStateAsUpdate(doc),
    });
  });

  it('carries awareness states both ways', () => {
    const awareness = new Awareness(new Y.Doc());
    awareness.setLocalState({ user: { name: 'Ada' } });
    const bytes = encodeAwarenessUpdate(awareness, [awareness.clientID]);
    const entries = decodeAwareness(bytes);
    expect(entries).toEqual([
      { client: awareness.clientID, clock: 1, state: '{"user":{"name":"Ada"}}' },
    ]);
    expect(encodeAwareness(entries)).toEqual(bytes);
    const other = new Awareness(new Y.Doc());
    const decoder = createDecoder(encodeAwarenessMessage(entries));
    expect(readVarUint(decoder)).toBe(1);
    applyAwarenessUpdate(other, readVarUint8Array(decoder), 'test');
    expect(other.getStates().get(awareness.clientID)).toEqual({ user: { name: 'Ada' } });
    awareness.destroy();
    other.destroy();
  });

  it('leaves awareness states to who bounds them', () => {
    const message = decodeYWebsocket(Uint8Array.of(1, 5, 1, 1, 1, 1, 123));
    expect(message).toEqual({ type: 'awareness', update: Uint8Array.of(1, 1, 1, 1, 123) });
  });

  it('tells a client that it may not', () => {
    const reasons: string[] = [];
    const decoder = createDecoder(encodePermissionDenied('no 😀'));
    expect(readVarUint(decoder)).toBe(2);
    readAuthMessage(decoder, new Y.Doc(), (_, reason) => reasons.push(reason));
    expect(reasons).toEqual(['no 😀']);
  });

  it('has a keep-alive of three bytes', () => {
    expect([...encodeAwarenessMessage([])]).toEqual([1, 1, 0]);
  });

  it.each([
    ['no bytes', []],
    ['a sync message that ends early', [0]],
    ['an unknown sync message', [0, 3, 0]],
    ['an unknown type', [9]],
    ['an answer that only servers give', [2, 0, 0]],
    ['a length beyond the frame', [0, 2, 5, 1]],
    ['an integer without end', [0, 2, ...Array(200).fill(0x80), 0]],
    ['a second message', [3, 3]],
    ['awareness beyond the frame', [1, 5, 1, 1, 1, 1]],
  ])('refuses %s', (_, bytes) => {
    // As ws delivers it: a view into a larger buffer, where other bytes follow.
    const pool = new Uint8Array([1, 2, 3, ...bytes, ...Array(100).fill(0)]);
    const frame = pool.subarray(3, 3 + bytes.length);
    expect(() => decodeYWebsocket(frame)).toThrow(malformed);
  });
});
