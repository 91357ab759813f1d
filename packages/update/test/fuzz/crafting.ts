import fc from 'fast-check';
import {
  createEncoder,
  type Encoder,
  toUint8Array,
  writeAny,
  writeUint8,
  writeUint8Array,
  writeVarString,
  writeVarUint,
  writeVarUint8Array,
} from 'lib0/encoding';
import * as Y from 'yjs';
import { type Mutation, mutate, mutations } from '../mutation.ts';

/** One struct, with numbers that are reduced to what the document has. */
interface CraftedStruct {
  readonly kind: number;
  /** Which of origin, right origin and parent it names, and whether the origins stand side by side. */
  readonly references: number;
  readonly left: number;
  readonly right: number;
  readonly parent: number;
  readonly key: number;
  /** Whether its flag says rightly if it is a value of a map: 0 when not. */
  readonly truth: number;
  readonly size: number;
}

/** An update that is written by hand, by somebody who knows the whole document. */
export interface Craft {
  readonly author: number;
  readonly structs: readonly CraftedStruct[];
  readonly deletions: readonly { readonly at: number; readonly length: number }[];
  /** 0: a clock that is known; 1: one behind a gap; else the next one. */
  readonly clock: number;
  readonly damages: readonly Mutation[];
}

export const crafts: fc.Arbitrary<Craft> = fc.record({
  author: fc.nat(4),
  structs: fc.array(
    fc.record({
      kind: fc.nat(30),
      references: fc.nat(11),
      left: fc.nat(1_000),
      right: fc.nat(1_000),
      parent: fc.nat(1_000),
      key: fc.nat(5),
      truth: fc.nat(15),
      size: fc.nat(3),
    }),
    { maxLength: 5 },
  ),
  deletions: fc.array(fc.record({ at: fc.nat(1_000), length: fc.nat(4) }), { maxLength: 2 }),
  clock: fc.nat(20),
  damages: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, mutations),
});

/** The first three are honest authors, too. */
const CLIENTS = [3, 70_000, 2 ** 40, 2, 11];
/** Those that honest authors write to, and one of its own. */
const ROOTS = ['text', 'map', 'array', 'xml', 'a'];
const KEYS = ['key0', 'key1', ''];
const TEXTS = ['a', 'ab', 'a😀b', '漢字'];
const VALUES = [1, 'two', null, { three: [3] }];

const [VALUE, RIGHT, ORIGIN] = [0x20, 0x40, 0x80];

interface Place {
  readonly id: Y.ID;
  readonly item: Y.Item | Y.GC;
}

/** @param known what has been admitted until now. */
export function craft(
  known: Y.Doc,
  { author, structs, deletions, clock, damages }: Craft,
): Uint8Array {
  const client = CLIENTS[author] as number;
  const places = placesOf(known);
  const encoder = createEncoder();
  const next = Y.getState(known.store, client);
  const first = clock === 0 ? Math.max(0, next - 2) : clock === 1 ? next + 1 : next;
  writeVarUint(encoder, structs.length > 0 ? 1 : 0);
  if (structs.length > 0) {
    for (const number of [structs.length, client, first]) writeVarUint(encoder, number);
    let at = first;
    for (const struct of structs) {
      const length = writeStruct(encoder, struct, Y.createID(client, at), places);
      for (let end = at + length; at < end; at++) {
        places.push({ id: Y.createID(client, at), item: new Y.GC(Y.createID(client, at), 1) });
      }
    }
  }
  writeVarUint(encoder, deletions.length);
  const clients = new Set<number>();
  for (const { at, length } of deletions) {
    const id = places[at % Math.max(1, places.length)]?.id ?? Y.createID(client, 0);
    // A client twice is refused as such.
    const owner = clients.has(id.client) ? id.client + 1 : id.client;
    clients.add(owner);
    for (const number of [owner, 1, id.clock, length + 1]) writeVarUint(encoder, number);
  }
  let bytes = [...toUint8Array(encoder)];
  for (const damage of damages) bytes = mutate(bytes, damage);
  return Uint8Array.from(bytes);
}

/** Every clock of a document. */
function placesOf({ store }: Y.Doc): Place[] {
  const places: Place[] = [];
  for (const items of store.clients.values()) {
    for (const item of items as (Y.Item | Y.GC)[]) {
      for (let offset = 0; offset < item.length; offset++) {
        places.push({ id: Y.createID(item.id.client, item.id.clock + offset), item });
      }
    }
  }
  return places;
}

/** @returns how many clocks it takes. */
function writeStruct(
  encoder: Encoder,
  struct: CraftedStruct,
  { client, clock }: Y.ID,
  places: readonly Place[],
): number {
  const kind = KINDS[struct.kind % KINDS.length] as number;
  if (kind === 0) {
    writeUint8(encoder, 0);
    writeVarUint(encoder, struct.size + 1);
    return struct.size + 1;
  }
  const [left, right] = neighboursOf(struct, places);
  const isNamed = left === undefined && right === undefined;
  const parent = places[struct.parent % Math.max(1, places.length)];
  const inRoot = parent === undefined || struct.parent % 3 > 0;
  const hasKey = isNamed
    ? struct.key < KEYS.length
    : (left ?? right)?.item instanceof Y.Item && isValue(left ?? right);
  const says = struct.truth === 0 ? !hasKey : hasKey;
  writeUint8(
    encoder,
    kind |
      (says ? VALUE : 0) |
      (left === undefined ? 0 : ORIGIN) |
      (right === undefined ? 0 : RIGHT),
  );
  for (const neighbour of [left, right])
    if (neighbour !== undefined) writeId(encoder, neighbour.id);
  if (isNamed) {
    writeVarUint(encoder, inRoot ? 1 : 0);
    if (inRoot) writeVarString(encoder, ROOTS[struct.parent % ROOTS.length] as string);
    else writeId(encoder, (parent as Place).id);
    if (says) writeVarString(encoder, KEYS[struct.key % KEYS.length] as string);
  }
  void client;
  void clock;
  return writeContent(encoder, kind, struct, says);
}

function isValue(place: Place | undefined): boolean {
  return place?.item instanceof Y.Item && place.item.parentSub !== null;
}

function neighboursOf(
  { references, left, right }: CraftedStruct,
  places: readonly Place[],
): [Place | undefined, Place | undefined] {
  if (places.length === 0 || references < 3) return [undefined, undefined];
  const origin = places[left % places.length] as Place;
  if (references < 6) return [origin, undefined];
  if (references === 6) return [undefined, places[right % places.length]];
  if (references === 7) return [origin, places[right % places.length]];
  // Side by side, as an honest author sees them.
  const { item, id } = origin;
  if (!(item instanceof Y.Item) || item.parentSub !== null) return [origin, undefined];
  const isLast = id.clock === item.id.clock + item.length - 1;
  const next = isLast ? item.right?.id : Y.createID(id.client, id.clock + 1);
  return [origin, places.find((place) => next !== undefined && Y.compareIDs(place.id, next))];
}

function writeId(encoder: Encoder, { client, clock }: Y.ID): void {
  writeVarUint(encoder, client);
  writeVarUint(encoder, clock);
}

/** Text and values are the commonest; 10 is a Skip, which has no references and so is damage here. */
const KINDS = [4, 4, 4, 8, 8, 7, 7, 1, 0, 2, 3, 5, 6, 9];

function writeContent(
  encoder: Encoder,
  kind: number,
  { size, key }: CraftedStruct,
  isValue: boolean,
): number {
  const count = isValue && key !== 5 ? 1 : size + 1;
  switch (kind) {
    case 1:
      writeVarUint(encoder, size + 1);
      return size + 1;
    case 2:
      writeVarUint(encoder, count);
      for (let i = 0; i < count; i++) {
        writeVarString(encoder, i === 1 ? 'undefined' : JSON.stringify(VALUES[i]));
      }
      return count;
    case 3:
      writeVarUint8Array(encoder, Uint8Array.of(size));
      return 1;
    case 4: {
      const text = isValue && key !== 5 ? 'v' : (TEXTS[size] as string);
      writeVarString(encoder, text);
      return text.length;
    }
    case 5:
      writeVarString(encoder, JSON.stringify({ image: size }));
      return 1;
    case 6:
      writeVarString(encoder, 'bold');
      writeVarString(encoder, size > 1 ? 'true' : 'null');
      return 1;
    case 7: {
      const type = [0, 1, 2, 3, 4, 5, 6][(size + key) % 7] as number;
      writeVarUint(encoder, type);
      if (type === 3 || type === 5) writeVarString(encoder, 'p');
      return 1;
    }
    case 8:
      writeVarUint(encoder, count);
      for (let i = 0; i < count; i++) writeAny(encoder, VALUES[i]);
      return count;
    default:
      writeVarString(encoder, `guid${size}`);
      writeUint8Array(encoder, Uint8Array.of(118, 0));
      return 1;
  }
}
