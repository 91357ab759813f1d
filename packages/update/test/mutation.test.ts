import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import {
  Coverage,
  coverageOf,
  decodeStateVector,
  encode,
  type Held,
  type ScannedUpdate,
  scan,
  UpdateError,
} from '../src/index.ts';
import { docOf, editings, portableEditings, sorted } from './editing.ts';
import { damagedUpdates } from './mutation.ts';
import { inYjs, inYwasm } from './ywasm.ts';

/** One in ten is accepted. `RUNS=30000` looks longer. */
const RUNS = { numRuns: Number(process.env['RUNS'] ?? 1_000) };

/** What a scan says of damaged bytes, undefined when it refuses them. */
function accepted(bytes: Uint8Array): ScannedUpdate | undefined {
  try {
    return scan(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(UpdateError);
    return undefined;
  }
}

/** Admits updates one after another, as a room does, and what was held once more after each. */
function logOf(contents: readonly ScannedUpdate[]) {
  const coverage = new Coverage();
  const log: Uint8Array[] = [];
  let held: Held[] = [];
  const queue: (ScannedUpdate | Held)[] = [...contents];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const admission = coverage.admit(next);
    if (admission.held) held.push(admission.held);
    if (!admission.news) continue;
    coverage.add(admission.news);
    log.push(encode(admission.news));
    queue.unshift(...held);
    held = [];
  }
  return { coverage, log, held };
}

describe('a damaged update that is accepted', () => {
  it.each([
    ['on an empty document', false],
    ['behind the updates that it belongs to', true],
  ])('is integrated by yjs as far as the coverage says, %s', (_, behind) => {
    fc.assert(
      fc.property(damagedUpdates(editings), ({ updates, damaged }) => {
        const update = accepted(damaged);
        if (update === undefined) return;
        const before = behind ? updates : [];
        const doc = new Y.Doc();
        for (const bytes of [...before, damaged]) Y.applyUpdate(doc, bytes);
        const { coverage, log } = logOf([...before.map(scan), update]);
        const vector = sorted(decodeStateVector(Y.encodeStateVector(doc)));
        // The state of such a document is an update like any other.
        const state = Y.encodeStateAsUpdate(doc);
        scan(state);
        const again = sorted(decodeStateVector(Y.encodeStateVector(docOf([state]))));
        if (behind) {
          // A damaged copy of a known struct makes yjs wait for what it refers to; the log knows better.
          for (const [client, clock] of vector) {
            expect(clock).toBeLessThanOrEqual(coverage.stateVector.get(client) ?? 0);
          }
        } else {
          expect(vector).toEqual(sorted(coverage.stateVector));
          expect(again).toEqual(vector);
        }
        // What the log has of it leaves nothing pending.
        const reader = new Y.Doc();
        for (const bytes of log) {
          Y.applyUpdate(reader, bytes);
          expect(reader.store.pendingStructs).toBeNull();
          expect(reader.store.pendingDs).toBeNull();
        }
        expect(sorted(decodeStateVector(Y.encodeStateVector(reader)))).toEqual(
          sorted(coverage.stateVector),
        );
      }),
      RUNS,
    );
  });

  it('is taken by ywasm, as far as SPEC.md says', () => {
    fc.assert(
      fc.property(damagedUpdates(portableEditings), ({ updates, damaged }) => {
        const update = accepted(damaged);
        if (update === undefined) return;
        const { log } = logOf([...updates.map(scan), update]);
        const doc = docOf(log);
        if (!log.every((bytes) => isPortable(bytes, doc))) return;
        expect(inYwasm(log).stateVector).toEqual(inYjs(log).stateVector);
      }),
      RUNS,
    );
  });
});

describe('what damaged updates have found', () => {
  it('a half known struct that waits for something is held, and not in the news as well', () => {
    // Client 7: 'abc' in the root 't'. Then clocks 1 to 4, which refer to client 9 as their right origin.
    const known = new Uint8Array([1, 1, 7, 0, 4, 1, 1, 116, 3, 97, 98, 99, 0]);
    const damaged = new Uint8Array([1, 1, 7, 1, 0xc4, 7, 0, 9, 5, 4, 97, 98, 99, 100, 0]);
    const coverage = coverageOf([scan(known)]);
    const { news, held } = coverage.admit(scan(damaged));
    expect(news).toBeUndefined();
    expect(held?.runs).toMatchObject([{ client: 7, clock: 3, end: 5 }]);
    expect(held?.needs).toEqual(new Map([[9, 5]]));
  });
});

/** Whether ywasm is known to take an update of this document (SPEC.md, "What ywasm does not take"). */
function isPortable(bytes: Uint8Array, doc: Y.Doc): boolean {
  return Y.decodeUpdate(bytes).structs.every((struct) => {
    if (struct.id.client >= 2 ** 32) return false;
    if (!(struct instanceof Y.Item)) return true;
    const { content, origin, rightOrigin } = struct;
    // What a decoded struct has as its parent is an id, the name of a root type, or nothing.
    const parent = struct.parent as Y.ID | string | null;
    if (content instanceof Y.ContentJSON) return false;
    // Damage may cut a surrogate pair.
    if (content instanceof Y.ContentString && /[\ud800-\udfff]/.test(content.str)) return false;
    if (content instanceof Y.ContentType && content.type instanceof Y.XmlHook) return false;
    if ([origin, rightOrigin].some((id) => id !== null && id.client >= 2 ** 32)) return false;
    if (!(parent instanceof Y.ID)) return true;
    const item = Y.getItem(doc.store, parent) as Y.Item | Y.GC;
    return item instanceof Y.GC || item.content instanceof Y.ContentType;
  });
}
