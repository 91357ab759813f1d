import { encodeUtf8 } from 'lib0/string';
import { describe, expect, it } from 'vitest';
import {
  decodeHocuspocus,
  documentNameOfKey,
  encodeHocuspocus,
  encodeHocuspocusPing,
  encodeHocuspocusPong,
} from './hocuspocus.ts';

const malformed = expect.objectContaining({ code: 'malformed-frame' });

/** A frame for the document `d`. */
const frame = (...bytes: number[]) => new Uint8Array([1, 0x64, ...bytes]);

// packages/testing/test/hocuspocus-wire.test.ts holds it against the real providers.
describe('the Hocuspocus dialect', () => {
  it('takes a key apart, and echoes it as it came', () => {
    const key = 'a/b 😀\0session\0id';
    expect(documentNameOfKey(key)).toBe('a/b 😀');
    expect(documentNameOfKey('plain')).toBe('plain');
    expect(documentNameOfKey('\0s')).toBe('');
    const echo = encodeHocuspocus(key, { type: 'stateless', payload: 'x' });
    expect(decodeHocuspocus(echo)).toEqual({ key, type: 'stateless', payload: 'x' });
  });

  it('tells a frame of one byte from a key', () => {
    expect(decodeHocuspocus(encodeHocuspocusPing())).toEqual({ type: 'ping' });
    expect(decodeHocuspocus(encodeHocuspocusPong())).toEqual({ type: 'pong' });
    // A key of nine bytes.
    const bytes = new Uint8Array([9, ...encodeUtf8('nine byte'), 7]);
    expect(decodeHocuspocus(bytes)).toEqual({ key: 'nine byte', type: 'close' });
  });

  it('reads a token with the version of the provider, and without', () => {
    const token = { key: 'd', type: 'auth', token: 't' };
    expect(decodeHocuspocus(frame(2, 0, 1, 0x74))).toEqual({ ...token, version: undefined });
    const versioned = frame(2, 0, 1, 0x74, 1, 0x34);
    expect(decodeHocuspocus(versioned)).toEqual({ ...token, version: '4' });
  });

  it('leaves awareness states to who bounds them', () => {
    const update = Uint8Array.of(1, 1, 1, 1, 123);
    expect(decodeHocuspocus(frame(1, 5, ...update))).toEqual({
      key: 'd',
      type: 'awareness',
      update,
    });
  });

  it('has a keyed keep-alive', () => {
    expect(encodeHocuspocus('d', { type: 'awareness', entries: [] })).toEqual(frame(1, 1, 0));
  });

  it.each([
    ['no bytes', new Uint8Array()],
    ['one byte that is neither Ping nor Pong', new Uint8Array([8])],
    ['a key without a type', new Uint8Array([1, 0x64])],
    ['a key that is no UTF-8', new Uint8Array([1, 255, 7])],
    ['a key beyond the frame', new Uint8Array([9, 0x64, 7])],
    ['what travels between its servers: SyncReply', frame(4, 0, 1, 0)],
    ['what travels between its servers: BroadcastStateless', frame(6, 1, 0x78)],
    ['what a server says: SyncStatus', frame(8, 1)],
    ['what a server says: denial', frame(2, 1, 1, 0x78)],
    ['what a server says: the scope', frame(2, 2, 1, 0x78)],
    ['a Ping with a key', frame(9)],
    ['an unknown type', frame(11)],
    ['an unknown sync message', frame(0, 3, 0)],
    ['an update beyond the frame', frame(0, 2, 9, 0)],
    ['bytes after the message', frame(7, 0)],
    ['bytes after the version', frame(2, 0, 0, 0, 0)],
    ['awareness beyond the frame', frame(1, 5, 1, 1, 1, 1)],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeHocuspocus(bytes)).toThrow(malformed);
  });
});
