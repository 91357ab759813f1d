import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { Coverage } from './coverage.ts';
import { Lineage, MAX_TYPE_DEPTH } from './lineage.ts';
import { scan } from './scan.ts';
import { UpdateError } from './update-error.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

/** Flags of a struct's first byte, and what says that its parent is a root. */
const [VALUE, RIGHT, ORIGIN, ROOT] = [0x20, 0x40, 0x80, 1];

/** A log that admits updates one after another, as a room does. */
function openLog() {
  const coverage = new Coverage();
  const lineage = new Lineage();
  return (update: Uint8Array): void => {
    const { news } = coverage.admit(scan(update));
    if (news === undefined) return;
    lineage.add(news, coverage);
    coverage.add(news);
  };
}

/** All that a document says while it is edited. */
function written(edit: (doc: Y.Doc) => void): Uint8Array[] {
  const doc = new Y.Doc();
  doc.clientID = 1;
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  edit(doc);
  return updates;
}

/** `count` maps, each in the one before, of which the first is in a root. */
function nestedMaps(count: number): Uint8Array[] {
  return written((doc) => {
    let map = doc.getMap<Y.Map<unknown>>('root') as Y.Map<unknown>;
    for (let depth = 0; depth < count; depth++) map = map.set('in', new Y.Map());
  });
}

describe('a log takes', () => {
  it('shared types that nest as deep as is allowed, in one update or in many', () => {
    const updates = nestedMaps(MAX_TYPE_DEPTH);
    for (const all of [updates, [Y.mergeUpdates(updates)]]) {
      const admit = openLog();
      for (const update of all) admit(update);
      const doc = new Y.Doc();
      for (const update of all) Y.applyUpdate(doc, update);
      doc.getMap('root').delete('in'); // throws when it is too deep for the stack
    }
  });

  it('what stands on what was collected, as somebody writes who was offline', () => {
    const doc = new Y.Doc();
    const list = doc.getArray('list');
    list.insert(0, [new Y.Array()]);
    (list.get(0) as Y.Array<unknown>).push(['a', 'b']);
    const offline = new Y.Doc();
    Y.applyUpdate(offline, Y.encodeStateAsUpdate(doc));
    const before = Y.encodeStateVector(offline);
    (offline.getArray('list').get(0) as Y.Array<unknown>).insert(1, ['late']);
    list.delete(0, 1);
    const admit = openLog();
    admit(Y.encodeStateAsUpdate(doc));
    admit(Y.encodeStateAsUpdate(offline, before));
  });

  it('the options that a subdocument can have', () => {
    const admit = openLog();
    for (const update of written((doc) => {
      const map = doc.getMap<Y.Doc>('map');
      map.set('a', new Y.Doc({ gc: false, autoLoad: true, meta: { any: ['thing', null] } }));
      map.set('b', new Y.Doc({ guid: 'b', meta: null }));
    })) {
      admit(update);
    }
  });

  it('values of a map that are one struct, since all are deleted and a client collects no garbage', () => {
    const doc = new Y.Doc({ gc: false });
    for (let time = 0; time < 5; time++) doc.getMap('map').set('key', time);
    const update = Y.encodeStateAsUpdate(doc);
    expect(Y.decodeUpdate(update).structs).toMatchObject([{ length: 4 }, { length: 1 }]);
    const admit = openLog();
    admit(update);
    doc.getMap('map').set('key', 'more');
    admit(Y.encodeStateAsUpdate(doc));
  });

  it('values of a map whose flag Y.mergeUpdates has dropped, and gives it back', () => {
    const updates = written((doc) => {
      for (let time = 0; time < 3; time++) doc.getMap('map').set('key', time);
    });
    const merged = Y.mergeUpdates(updates);
    const flags = (bytes: Uint8Array) =>
      bytes.filter((byte) => (byte & 0x9f) === 0x88).map((byte) => byte & VALUE);
    expect([...flags(merged)]).toEqual([0, 0]);
    openLog()(merged);
    expect([...flags(merged)]).toEqual([VALUE, VALUE]);
    const doc = new Y.Doc();
    Y.applyUpdate(doc, merged);
    expect(doc.getMap('map').toJSON()).toEqual({ key: 2 });
  });

  it('something else after it has refused an update', () => {
    const admit = openLog();
    const [first, ...more] = nestedMaps(3) as [Uint8Array, ...Uint8Array[]];
    admit(first);
    // The second struct of each is a value of two clocks.
    const value = [VALUE | 4, ROOT, ...text('m'), ...text('k'), ...text('a')];
    for (const client of [1, 2]) {
      const bad = [VALUE | 4, ROOT, ...text('m'), ...text('l'), ...text('hi')];
      expect(() => admit(updateOf(client, 2 - client, value, bad))).toThrow(/has one clock/);
    }
    for (const update of more) admit(update);
    admit(updateOf(2, 0, value));
  });
});

describe('a log refuses', () => {
  it('L1: shared types that nest too deep, in one update or in many', () => {
    const updates = nestedMaps(MAX_TYPE_DEPTH + 2);
    expect(() => openLog()(Y.mergeUpdates(updates))).toThrow(/nest deeper/);
    const admit = openLog();
    for (const update of updates.slice(0, -1)) admit(update);
    expect(() => admit(updates.at(-1) as Uint8Array)).toThrow(/nest deeper/);
  });

  /** The log of client 2: 'ab' in the root 'a', 'c' in 'b', and 'd' at the key 'k' of 'm'. */
  const log = updateOf(
    2,
    0,
    [4, ROOT, ...text('a'), ...text('ab')],
    [4, ROOT, ...text('b'), ...text('c')],
    [VALUE | 4, ROOT, ...text('m'), ...text('k'), ...text('d')],
  );
  const [A, B, C, D] = [0, 1, 2, 3].map((clock) => [2, clock]) as [
    number[],
    number[],
    number[],
    number[],
  ];

  it.each<[string, RegExp, number[]]>([
    [
      'L2: a value of a map of two clocks',
      /has one clock/,
      [VALUE | 4, ROOT, ...text('m'), ...text('l'), ...text('hi')],
    ],
    [
      'L2: one that comes after another value',
      /has one clock/,
      [VALUE | ORIGIN | 4, ...D, ...text('hi')],
    ],
    [
      'L3: a value of a map with a right neighbour',
      /no right neighbour/,
      [VALUE | RIGHT | 4, ...D, ...text('e')],
    ],
    [
      'L4: text that says it is a value of a map',
      /is no value of a map/,
      [VALUE | ORIGIN | 4, ...B, ...text('e')],
    ],
    [
      'L5: neighbours in two types',
      /different places/,
      [ORIGIN | RIGHT | 4, ...B, ...C, ...text('e')],
    ],
    [
      'L5: neighbours in a list and a map',
      /different places/,
      [ORIGIN | RIGHT | 4, ...B, ...D, ...text('e')],
    ],
    [
      'L5: the same neighbour on both sides',
      /both sides/,
      [ORIGIN | RIGHT | 4, ...A, ...A, ...text('e')],
    ],
    [
      'L7: neighbours of which one is garbage, and the other one alive',
      /is garbage/,
      [ORIGIN | RIGHT | 4, ...A, 4, 0, ...text('e')],
    ],
    ['L6: a subdocument without a guid', /option guid/, subdocument('guid', 126)],
    [
      'L6: a subdocument that takes a number for a truth value',
      /option gc/,
      subdocument('gc', 125, 1),
    ],
    ['L6: a subdocument with a filter', /option gcFilter/, subdocument('gcFilter', 119, 1, 120)],
  ])('%s', (_, why, struct) => {
    const admit = openLog();
    admit(log);
    admit(updateOf(4, 0, [0, 1])); // garbage
    expect(() => admit(updateOf(3, 0, struct))).toThrow(why);
    expect(() => admit(updateOf(3, 0, struct))).toThrow(UpdateError);
    admit(updateOf(3, 0, [ORIGIN | RIGHT | 4, ...A, ...B, ...text('e')]));
  });

  it('L2: a value of two clocks, of which Yjs could not encode the document any more', () => {
    const admit = openLog();
    expect(() => admit(hex('010203000701027a7a0124000300016b02686900'))).toThrow(/has one clock/);
    const map = [7, ROOT, ...text('z'), 1];
    const value = [VALUE | 4, 0, 1, 0, ...text('k'), ...text('a')];
    admit(updateOf(1, 0, map, value));
    expect(() => admit(updateOf(1, 2, [ORIGIN | 4, 1, 1, ...text('xx')]))).toThrow(/has one clock/);
  });
});

function text(string: string): number[] {
  return [string.length, ...Buffer.from(string)];
}

function subdocument(option: string, ...value: number[]): number[] {
  return [9, ROOT, ...text('d'), ...text('guid'), 118, 1, ...text(option), ...value];
}

/** An update of one client's structs, of fewer than 128 bytes each. */
function updateOf(client: number, clock: number, ...structs: number[][]): Uint8Array {
  return new Uint8Array([1, structs.length, client, clock, ...structs.flat(), 0]);
}
