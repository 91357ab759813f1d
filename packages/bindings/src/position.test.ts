import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { decodePosition, encodePosition } from './position.ts';

it('stays between its neighbours', () => {
  const doc = new Y.Doc();
  const text = doc.getText('text');
  text.insert(0, 'hello world');
  const position = encodePosition(text, 6);
  const end = encodePosition(text, 5, -1);
  text.insert(5, '!!');
  text.insert(0, '> ');
  expect(decodePosition(doc, position)).toBe(10);
  expect(decodePosition(doc, end, text)).toBe(7);
  text.delete(0, 12);
  expect(decodePosition(doc, position)).toBe(0);
});

it('is the same on another replica', () => {
  const [doc, other] = [new Y.Doc(), new Y.Doc()];
  doc.getText('text').insert(0, 'hello');
  const position = encodePosition(doc.getText('text'), 3);
  expect(decodePosition(other, position)).toBeUndefined();
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
  other.getText('text').insert(0, '12');
  expect(decodePosition(other, position)).toBe(5);
});

it('is undefined for what is no position of the type, and makes nothing', () => {
  const doc = new Y.Doc();
  const text = doc.getText('text');
  text.insert(0, 'hello');
  const other = new Y.Doc();
  const unknown = encodePosition(other.getText('unknown'), 0);
  expect(decodePosition(doc, unknown)).toBeUndefined();
  expect([...doc.share.keys()]).toEqual(['text']);
  for (const odd of ['', 'x', '€', 'AAAA', 'A'.repeat(5_000), '////////']) {
    expect(decodePosition(doc, odd), odd).toBeUndefined();
  }
  expect(decodePosition(doc, 7 as unknown as string)).toBeUndefined();
  const list = doc.getArray('list');
  list.insert(0, [1, 2]);
  expect(decodePosition(doc, encodePosition(list, 1), text)).toBeUndefined();
  expect(decodePosition(doc, encodePosition(list, 1), list)).toBe(1);
});
