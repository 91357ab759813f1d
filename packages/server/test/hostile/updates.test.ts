import { until } from '@syncline/testing';
import { MAX_TYPE_DEPTH } from '@syncline/update';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { CLIENT_BYTES } from '../../src/document-log.ts';
import { DIALECTS, refusalOf } from './attackers.ts';
import { Stage, shareStage, TEXT } from './stage.ts';
import {
  manyClients,
  manyDeletions,
  manyStructs,
  nestedAny,
  nestedMaps,
  nestedMapsOneByOne,
  textUpdate,
} from './updates.ts';

const HUGE = [0xff, 0xff, 0xff, 0xff, 0x0f];
const ROOT = [1, 1, 97]; // the parent is the root type "a"
/** One struct of client 1 at clock 0, and no deletions. */
const struct = (...bytes: number[]) => [1, 1, 1, 0, ...bytes, 0];

/** Updates that yjs could not decode or integrate, or that claim more than they bring. */
const UPDATES: Record<string, number[] | Uint8Array> = {
  'no bytes at all': [],
  'half of an update': [1, 1, 1, 0, 4, 1, 1, 97, 9, 98],
  'bytes behind the update': [0, 0, 0],
  'a client count beyond its bytes': [...HUGE, 0],
  'a struct count of 2^35 - 1': [1, ...HUGE, 1, 0, 0, 1, 0],
  'a delete count beyond its bytes': [0, 1, 1, ...HUGE],
  'a count of clients with deletions beyond its bytes': [0, ...HUGE],
  'a string that claims more than it brings': struct(4, ...ROOT, ...HUGE, 120),
  'an array of values that claims more than it brings': struct(8, ...ROOT, ...HUGE, 126),
  'a nested array that claims more than it brings': struct(8, ...ROOT, 1, 117, ...HUGE, 126),
  'bytes that claim more than they bring': struct(3, ...ROOT, ...HUGE, 1),
  'values that nest 50,000 deep': nestedAny(50_000),
  'invalid UTF-8': struct(4, ...ROOT, 2, 0xc3, 0x28),
  'broken JSON in an embed': struct(5, ...ROOT, 1, 123),
  'broken JSON in a format': struct(6, ...ROOT, 1, 98, 1, 123),
  'a shared type that there is not': struct(7, ...ROOT, 9),
  'a kind of struct that there is not': struct(31, ...ROOT, 1),
  'an origin that is the struct itself': struct(0x84, 1, 0, 1, 120),
  'a right origin after the struct': struct(0x44, 1, 5, 1, 120),
  'a parent that is the struct itself': struct(4, 0, 1, 0, 1, 120),
  'an empty string': struct(4, ...ROOT, 0),
  'a garbage-collected struct of no length': struct(0, 0),
  'a deleted struct of no length': struct(1, ...ROOT, 0),
  'a deletion of no length': [0, 1, 1, 1, 0, 0],
  'the same client twice': [2, 1, 1, 0, 4, ...ROOT, 1, 120, 1, 1, 1, 4, ...ROOT, 1, 120, 0],
  'a clock beyond 2^32': [1, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x10, 4, ...ROOT, 1, 120, 0],
  'a subdocument with options that are none': struct(9, ...ROOT, 1, 103, 126),
  // What yjs can decode, and does not fit into the document.
  'a subdocument whose guid is null': Buffer.from(
    '010103000901027a7a0167760104677569647e00',
    'hex',
  ),
  'a value of a map with two clocks': Buffer.from(
    '010203000701027a7a0124000300016b02686900',
    'hex',
  ),
  '20,000 nested maps': nestedMaps(20_000),
};

/** A map with a value, a second one of two clocks that does not say that it is one, and a deletion. */
const LONG_VALUE = [
  [1, 1, 4, 0, 0x24, ...ROOT, 1, 107, 1, 97, 0],
  [1, 1, 4, 1, 0x84, 4, 0, 2, 120, 120, 0],
  [0, 1, 4, 1, 0, 1],
].map((bytes) => Uint8Array.from(bytes)) as [Uint8Array, Uint8Array, Uint8Array];

describe.each(DIALECTS)('in %s', (dialect) => {
  // Each has an address of its own: one who is refused again and again is not told any more.
  const stageOf = shareStage({ trustProxy: 1 });
  let address = 0;

  it.each(Object.entries(UPDATES))('an update with %s is refused', async (_, bytes) => {
    const stage = stageOf();
    for (const send of ['update', 'syncStep2'] as const) {
      const attacker = await stage.attacker(dialect, { address: `10.0.0.${++address}` });
      attacker[send](Uint8Array.from(bytes));
      expect(await attacker.refusal()).toBe(refusalOf('update-refused', dialect));
      if (dialect === 'y-websocket') await attacker.gone();
      else expect(attacker.isGone).toBe(false);
    }
    await stage.survives();
  });

  it('a refused update does not end a session that can be told of it', async () => {
    if (dialect === 'y-websocket' || dialect === 'hocuspocus') return;
    const stage = await Stage.set();
    const attacker = await stage.attacker(dialect);
    attacker.update(Uint8Array.of(9));
    await attacker.refusal();
    attacker.update(textUpdate('still here', 'else'));
    await until('it is stored', async () => (await stage.stored())?.head === 2);
    await stage.accept();
    await stage.survives();
  });

  it('maps that nest as deep as they may are stored, and a fresh reader can delete them', async () => {
    const stage = await Stage.set();
    const attacker = await stage.attacker(dialect);
    attacker.update(nestedMaps(MAX_TYPE_DEPTH));
    await until('it is stored', async () => (await stage.stored())?.head === 2);
    const reader = await stage.fresh();
    let depth = -1;
    for (let map: unknown = reader.doc.getMap('maps'); map instanceof Y.Map; map = map.get('m')) {
      depth++;
    }
    expect(depth).toBe(MAX_TYPE_DEPTH);
    reader.doc.getMap('maps').delete('m');
    await until('that is stored', async () => (await stage.stored())?.head === 3);
    expect(reader.content).toBe(TEXT);
    reader.destroy();
    await stage.accept();
    await stage.survives();
  });

  it('maps that are nested too deep bit by bit are refused', async () => {
    const stage = await Stage.set();
    const attacker = await stage.attacker(dialect);
    for (const update of nestedMapsOneByOne(MAX_TYPE_DEPTH + 2)) attacker.update(update);
    expect(await attacker.refusal()).toBe(refusalOf('update-refused', dialect));
    expect((await stage.stored())?.head).toBeGreaterThan(1);
    expect(await stage.readFresh()).toBe(TEXT);
  });

  it('what does not fit is refused when the gap before it is closed, too', async () => {
    const stage = await Stage.set();
    const [value, long, deletion] = LONG_VALUE;
    const attacker = await stage.attacker(dialect);
    const { length } = attacker.frames;
    attacker.update(long);
    await until('it is asked for what is missing', () => attacker.frames.length > length);
    const other = await stage.attacker(dialect);
    other.update(value);
    await until('it is stored', async () => (await stage.stored())?.head === 2);
    expect(await attacker.refusal()).toMatch(/update-refused/);
    other.update(deletion);
    await until('that is stored', async () => (await stage.stored())?.head === 3);
    const reader = await stage.fresh();
    Y.encodeStateAsUpdate(reader.doc); // throws when the long value is in it
    expect(reader.content).toBe(TEXT);
    reader.destroy();
    await stage.accept();
    await stage.survives();
  });

  it('keys named __proto__ and constructor are stored and served as own keys', async () => {
    const stage = await Stage.set();
    const attacker = await stage.attacker(dialect);
    const doc = new Y.Doc();
    for (const key of ['__proto__', 'constructor', 'toString']) {
      doc.getMap('map').set(key, { polluted: key });
      doc.getMap('__proto__').set(key, JSON.parse('{"__proto__": {"polluted": true}}'));
    }
    attacker.update(Y.encodeStateAsUpdate(doc));
    await until('it is stored', async () => (await stage.stored())?.head === 2);
    const reader = await stage.fresh();
    const map = reader.doc.getMap('map');
    expect([...map.keys()].toSorted()).toEqual(['__proto__', 'constructor', 'toString']);
    expect(map.get('__proto__')).toEqual({ polluted: '__proto__' });
    expect(reader.doc.getMap('__proto__').size).toBe(3);
    expect('polluted' in {}).toBe(false);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    reader.destroy();
    await stage.accept();
    await stage.survives();
  });

  it('an update of more structs than is allowed is refused', async () => {
    const stage = await Stage.set({ limits: { updateStructs: 100 } });
    const attacker = await stage.attacker(dialect);
    attacker.update(manyStructs(101));
    expect(await attacker.refusal()).toBe(refusalOf('update-too-large', dialect));
    const another = await stage.attacker(dialect);
    another.update(manyStructs(100));
    await until('it is stored', async () => (await stage.stored())?.head === 2);
    expect(await stage.readFresh()).toBe(TEXT);
  });

  it.each([
    ['clients', manyClients(101), manyClients(60), manyClients(60, 1_000)],
    ['ranges', manyDeletions(5, 101), manyDeletions(5, 60), manyDeletions(6, 60)],
  ])('an update and a document have no more %s than is allowed', async (_, all, some, more) => {
    // The people on the stage are clients, too.
    const stage = await Stage.set({ limits: { documentClients: 100, documentRanges: 100 } });
    const attackers = [await stage.attacker(dialect), await stage.attacker(dialect)] as const;
    attackers[0].update(all);
    expect(await attackers[0].refusal()).toBe(refusalOf('update-too-large', dialect));
    attackers[1].update(some);
    await until('it is stored', async () => (await stage.stored())?.head === 2);
    attackers[1].update(more);
    expect(await attackers[1].refusal()).toBe(refusalOf('document-too-large', dialect));
    expect(await stage.readFresh()).toBe(TEXT);
    await stage.accept();
    await stage.survives();
  });

  it('an update of as many clients as may be keeps no others waiting', async () => {
    const stage = await Stage.set();
    const attacker = await stage.attacker(dialect);
    attacker.update(manyClients(100_000));
    expect(await attacker.refusal()).toBe(refusalOf('update-too-large', dialect));
    const another = await stage.attacker(dialect);
    another.update(manyClients(65_000));
    // What is in memory of them is counted, see limits.documentClients.
    await stage.survives({ isStoreSame: false, growth: 65_000 * CLIENT_BYTES });
    await until('it is stored', async () => (await stage.stored())?.head === 2);
  });

  it.each([
    ['updateBytes', 'update-too-large', 500],
    ['documentBytes', 'document-too-large', 500],
  ] as const)('an update over limits.%s is refused with %s', async (limit, code, bytes) => {
    const stage = await Stage.set({ limits: { [limit]: bytes } });
    const attacker = await stage.attacker(dialect);
    attacker.update(textUpdate('x'.repeat(600)));
    expect(await attacker.refusal()).toBe(refusalOf(code, dialect));
    const said = attacker.frames.map((frame) => Buffer.from(frame).toString('latin1')).join();
    if (dialect !== 'y-websocket') expect(said).toContain(`limits.${limit} (500)`);
    // Reading goes on, and so does what fits.
    expect(await stage.readFresh()).toBe(TEXT);
    await stage.survives();
  });
});
