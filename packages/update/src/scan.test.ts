import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { concatenate } from './concatenate.ts';
import { scan } from './scan.ts';
import { decodeStateVector } from './state-vector.ts';
import { UpdateError } from './update-error.ts';

const text = (string: string) => {
  const bytes = [...new TextEncoder().encode(string)];
  return [bytes.length, ...bytes];
};
const longText = (string: string) => [...varUint(string.length), ...text(string).slice(1)];
/** An update of one struct of client 1 at clock 0 in the root type 't'. */
const withContent = (kind: number, content: number[]) =>
  new Uint8Array([1, 1, 1, 0, kind, 1, ...text('t'), ...content, 0]);
const nested = (depth: number) => [...Array(depth).fill([117, 1]).flat(), 126];

describe('scan refuses', () => {
  it.each<[string, number[] | Uint8Array]>([
    ['U1: no bytes', []],
    ['U2: a struct count of 33,554,431 in ten bytes', [1, 0xff, 0xff, 0xff, 0x0f, 1, 0, 0, 1, 0]],
    ['U2: a client count beyond the bytes', [0xff, 0xff, 0xff, 0xff, 0x0f, 0]],
    ['U2: a delete count beyond the bytes', [0, 1, 1, 0xff, 0xff, 0xff, 0x0f, 0, 1]],
    ['U1: bytes behind the end', [0, 0, 0]],
    ['U3: an integer without end', [...Array(200).fill(0x80), 0]],
    ['U4: a client twice', [2, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0]],
    ['U4: a client twice among the deletions', [0, 2, 1, 1, 0, 1, 1, 1, 1, 1]],
    ['U5: invalid UTF-8', withContent(4, [2, 0xc3, 0x28])],
    ['U5: a surrogate in UTF-8', withContent(4, [3, 0xed, 0xa0, 0x80])],
    ['U5: an overlong sequence', withContent(4, [2, 0xc0, 0x80])],
    ['U5: a root name in invalid UTF-8', [1, 1, 1, 0, 4, 1, 1, 0xff, 1, 97, 0]],
    ['U7: an empty text', withContent(4, [0])],
    ['U7: a GC of no length', [1, 1, 1, 0, 0, 0, 0]],
    ['U7: a Skip of no length', [1, 1, 1, 0, 10, 0, 0]],
    ['U7: deleted content of no length', withContent(1, [0])],
    ['U7: no values', withContent(8, [0])],
    ['U6: a Skip with flags', [1, 1, 1, 0, 10 | 0x80, 1, 0]],
    ['U6: a GC with flags', [1, 1, 1, 0, 0x80, 1, 0, 1, 0]],
    ['U6: an unknown kind of struct', withContent(11, [1])],
    ['U6: an unknown type', withContent(7, [9])],
    ['U6: an unknown kind of value', withContent(8, [1, 5])],
    ['U6: a kind of parent that is neither', [1, 1, 1, 0, 4, 2, 1, 0, 1, 97, 0]],
    ['U9: a broken embed', withContent(5, text('{"a":'))],
    ['U9: a broken format', withContent(6, [...text('bold'), ...text('yes')])],
    ['U9: a number that is infinite', withContent(5, text('{"a":[-1e999]}'))],
    ['U9: a number of 400 digits', withContent(5, longText('9'.repeat(400)))],
    ['U9: broken JSON', withContent(2, [1, ...text('nothing')])],
    ['U11: subdocument options that are null', withContent(9, [...text('id'), 126])],
    ['U11: subdocument options that are an array', withContent(9, [...text('id'), 117, 0])],
    ['U1: a binary beyond the bytes', withContent(3, [0xff, 0xff, 3, 1])],
    ['U1: a string beyond the bytes', withContent(4, [0xff, 0xff, 3, 97])],
    ['U2: an array beyond the bytes', withContent(8, [1, 117, 0xff, 0xff, 3, 126])],
    ['U10: values nested 50,000 deep', withContent(8, [1, ...nested(50_000)])],
    ['U10: an embed nested 101 deep', withContent(5, longText('['.repeat(101) + ']'.repeat(101)))],
    ['U8: an origin that is the struct itself', [1, 1, 1, 0, 0x84, 1, 0, 1, 97, 0]],
    ['U8: a right origin that comes later', [1, 1, 1, 0, 0x44, 1, 7, 1, 97, 0]],
    ['U8: a parent that is the struct itself', [1, 1, 1, 0, 4, 0, 1, 0, 1, 97, 0]],
    ['U3: a clock of 2^32', [1, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x10, 0, 1, 0]],
    ['U3: a length that passes 2^32', [1, 1, 1, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]],
    ['U3: a deletion that passes 2^32', [0, 1, 1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['U7: a deletion of no length, which yjs cannot keep as pending', [0, 1, 1, 1, 0, 0]],
    ['U1: a truncated struct', [1, 2, 1, 0, 4, 1, 1, 97, 1, 98, 0]],
  ])('%s', (_, bytes) => {
    expect(() => scan(new Uint8Array(bytes))).toThrow(UpdateError);
  });

  it('U1: every cut of a real update', () => {
    const doc = new Y.Doc();
    doc.getText('t').insert(0, 'hello 😀', { bold: true });
    doc.getMap('m').set('a', { b: [1, 'two', null] });
    doc.getText('t').delete(0, 3);
    const update = Y.encodeStateAsUpdate(doc);
    for (let end = 0; end < update.length; end++) {
      expect(() => scan(update.slice(0, end))).toThrow(UpdateError);
    }
  });
});

describe('scan accepts', () => {
  it('U10: values nested as deep as is allowed', () => {
    const update = withContent(8, [1, ...nested(100)]);
    expect(scan(update).runs).toHaveLength(1);
  });

  it.each([
    ['"1e999"'],
    ['{"1e999":"\\"1e999"}'],
    ['[1e308,-1.7e308,1e-999,0.1e2]'],
    ['"\\ud83d"'],
    ['18446744073709552000'],
  ])('U9: JSON of finite numbers and any strings: %s', (json) => {
    expect(scan(withContent(5, text(json))).runs).toHaveLength(1);
  });

  it('U10: an embed nested as deep as is allowed', () => {
    const update = withContent(5, longText('['.repeat(100) + ']'.repeat(100)));
    expect(scan(update).runs).toHaveLength(1);
  });

  it('deletions in any order', () => {
    const update = new Uint8Array([0, 1, 1, 3, 9, 1, 2, 3, 4, 2]);
    expect(scan(update).deletes.get(1)).toEqual([2, 6, 9, 10]);
  });
});

describe('a struct is sliced as Yjs does it', () => {
  const slices: [string, (doc: Y.Doc) => void, number][] = [
    ['text', (doc) => doc.getText('t').insert(0, 'hello'), 2],
    ['half of a surrogate pair', (doc) => doc.getText('t').insert(0, 'a😀b'), 2],
    ['a byte order mark', (doc) => doc.getText('t').insert(0, '\ufeff\ufeffb'), 1],
    ['values', (doc) => doc.getArray('a').insert(0, [1, 'two', { three: 3 }, null]), 2],
    [
      'deleted content',
      (doc) => {
        doc.gc = false;
        doc.getText('t').insert(0, 'hello');
        doc.getText('t').delete(0, 5);
      },
      3,
    ],
    [
      'garbage',
      (doc) => {
        const list = new Y.Array();
        doc.getMap('m').set('a', list);
        list.push([1, 2, 3]);
        doc.getMap('m').delete('a');
      },
      2,
    ],
  ];
  it.each(slices)('%s', (_, edit, clock) => {
    const doc = new Y.Doc();
    doc.clientID = 7;
    edit(doc);
    const since = new Map([[7, clock]]);
    const update = Y.encodeStateAsUpdate(doc);
    const expected = Y.encodeStateAsUpdate(doc, new Uint8Array([1, 7, clock]));
    const [ours] = concatenate([scan(update)], since);
    expect([...ours.bytes]).toEqual([...expected]);
    expect(() => scan(ours.bytes)).not.toThrow();
  });
});

describe('a state vector is refused', () => {
  it.each([
    ['when it is empty', []],
    ['when it is cut', [2, 1, 1]],
    ['when its count is beyond the bytes', [0xff, 0xff, 0xff, 0x0f, 1, 1]],
    ['when a client is in it twice', [2, 1, 1, 1, 2]],
    ['when bytes follow', [1, 1, 1, 0]],
  ])('%s', (_, bytes) => {
    expect(() => decodeStateVector(new Uint8Array(bytes))).toThrow(UpdateError);
  });
});

function varUint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varUint(Math.floor(value / 128))];
}
