// @vitest-environment happy-dom
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import {
  bindMap,
  bindText,
  createUndo,
  decodePosition,
  encodePosition,
  opaque,
  writeText,
} from '../src/index.ts';

/** What a CommonJS application has. */
const require = createRequire(import.meta.url);
const Foreign = require(
  require.resolve('yjs/package.json').replace('package.json', 'dist/yjs.cjs'),
) as typeof Y;
const doc = new Foreign.Doc();
const text = doc.getText('text');
const map = doc.getMap('map');

describe('of another copy of Yjs', () => {
  const own = bindMap<Record<string, unknown>>(new Y.Doc().getMap('map'));
  const ownDoc = new Y.Doc();
  it.each<[string, () => unknown]>([
    ['a map that is bound', () => bindMap(map)],
    ['a text that is bound', () => bindText(text, document.createElement('textarea'))],
    ['a text that is written', () => writeText(text, 'new')],
    ['a type with undo', () => createUndo(map)],
    ['one of two types with undo', () => createUndo([ownDoc.getMap('map'), map])],
    ['a text that a place is in', () => encodePosition(text, 0)],
    ['a document that a place is in', () => decodePosition(doc, '')],
    ['a text that a place must be in', () => decodePosition(ownDoc, '', text)],
    ['a value to write', () => own.set('a', new Foreign.Text('a'))],
    ['a value in a value', () => own.set('a', { b: [new Foreign.Map()] })],
    ['a value that is stored as one', () => own.set('a', opaque(new Foreign.Map()))],
    ['a subdocument', () => own.set('a', new Foreign.Doc())],
  ])('%s is refused, by name', (_, run) => {
    expect(run).toThrow(TypeError);
    expect(run).toThrow(/another copy of Yjs .* dedupe "yjs"/);
  });

  it('it is not said of what is nothing of Yjs', () => {
    for (const odd of [null, undefined, 5, {}, [], new Map()]) {
      expect(() => bindMap(odd as Y.Map<unknown>)).toThrow('bindMap needs a Y.Map');
      expect(() => createUndo(odd as Y.Map<unknown>)).toThrow(/^createUndo needs/);
    }
    expect(() => own.set('a', new Date())).toThrow('[object Date]');
    expect(own.get()).toEqual({});
  });

  it('is another one indeed', () => {
    expect(map).not.toBeInstanceOf(Y.Map);
    expect(ownDoc.getMap()).toBeInstanceOf(Y.Map);
  });
});
