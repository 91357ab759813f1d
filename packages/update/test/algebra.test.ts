import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import {
  Coverage,
  concatenate,
  decodeStateVector,
  encode,
  encodeStateVector,
  type Held,
  Lineage,
  type ScannedUpdate,
  type StateVector,
  scan,
} from '../src/index.ts';
import { contentOf, deletesOf, docOf, editings, sorted } from './editing.ts';

/** Updates as a bad network brings them: some missing, some twice, in any order. */
const deliveries = fc
  .tuple(editings, fc.array(fc.nat(1000), { maxLength: 60 }))
  .map(([{ updates, states }, order]) => {
    const all = [...updates, ...states];
    const delivered = order.flatMap((index) => all[index % all.length] ?? []);
    return { all, delivered };
  });

/** A log that admits updates as a room does: what is held is tried again when the log has grown. */
function logOf(updates: readonly Uint8Array[]) {
  const coverage = new Coverage();
  const log: Uint8Array[] = [];
  let held: Held[] = [];
  const admit = (content: Parameters<Coverage['admit']>[0]): void => {
    const admission = coverage.admit(content);
    if (admission.held) held.push(admission.held);
    if (!admission.news) return;
    coverage.add(admission.news);
    log.push(encode(admission.news));
    const waiting = held;
    held = [];
    for (const content of waiting) admit(content);
  };
  for (const update of updates) admit(scan(update));
  return { coverage, log, held };
}

/**
 * The deletions that updates name, below a state vector. (A document has more: of two concurrent
 * values of a map key it deletes one, which no update says.)
 */
function deletionsNamed(updates: readonly Uint8Array[], below: StateVector) {
  const named = new Map<number, { clock: number; len: number }[]>();
  for (const [client, items] of updates.flatMap((update) => [
    ...Y.decodeUpdate(update).ds.clients,
  ])) {
    const list = named.get(client) ?? [];
    const end = below.get(client) ?? 0;
    for (const { clock, len } of items) {
      if (clock < end) list.push({ clock, len: Math.min(len, end - clock) });
    }
    named.set(client, list);
  }
  return deletesOf(named);
}

describe('scan', () => {
  it('tells the clocks and deletions that Yjs reads from every update', () => {
    fc.assert(
      fc.property(editings, ({ updates, states }) => {
        for (const update of [...updates, ...states]) {
          const { runs, deletes } = scan(update);
          const meta = Y.parseUpdateMeta(update);
          expect(sorted(new Map(runs.map((run) => [run.client, run.clock])))).toEqual(
            sorted(meta.from),
          );
          expect(sorted(new Map(runs.map((run) => [run.client, run.end])))).toEqual(
            sorted(meta.to),
          );
          expect(sorted(deletes)).toEqual(deletesOf(Y.decodeUpdate(update).ds.clients));
        }
      }),
    );
  });

  it('reads around the Skips that Yjs writes where updates leave a gap', () => {
    fc.assert(
      fc.property(deliveries, ({ delivered }) => {
        if (delivered.length === 0) return;
        const merged = Y.mergeUpdates(delivered);
        const decoded = Y.decodeUpdate(merged);
        const ends = scan(merged).runs.map((run) => [run.client, run.clock, run.end]);
        const expected: number[][] = [];
        for (const struct of decoded.structs) {
          const { client, clock } = struct.id;
          if (struct instanceof Y.Skip) continue;
          const last = expected.at(-1);
          if (last?.[0] === client && last[2] === clock) last[2] = clock + struct.length;
          else expected.push([client, clock, clock + struct.length]);
        }
        expect(ends).toEqual(expected);
      }),
    );
  });
});

describe('concatenate', () => {
  it('says what all updates say, in whatever order and however often they come', () => {
    fc.assert(
      fc.property(deliveries, ({ delivered }) => {
        const joined = concatenate(delivered.map(scan)).map(({ bytes }) => bytes);
        expect(contentOf(docOf(joined))).toEqual(contentOf(docOf(delivered)));
      }),
    );
  });

  it('keeps of two contents for one clock the one that came first, as a log does', () => {
    fc.assert(
      fc.property(editings, editings, fc.array(fc.nat(1000)), (ada, eve, order) => {
        // Eve's clients have the ids of Ada's, and she knows nothing of them.
        const updates = order.flatMap((number) => {
          const all = (number % 2 === 0 ? ada : eve).updates;
          return all[(number >> 1) % all.length] ?? [];
        });
        const coverage = new Coverage();
        const log: Uint8Array[] = [];
        const raw: ScannedUpdate[] = [];
        for (const update of [...updates, ...ada.updates].map(scan)) {
          const { news, held } = coverage.admit(update);
          if (held !== undefined || news === undefined) continue;
          coverage.add(news);
          log.push(encode(news));
          raw.push(update);
        }
        expect(concatenate(raw).map(({ bytes }) => bytes)).toEqual(
          concatenate(log.map(scan)).map(({ bytes }) => bytes),
        );
      }),
    );
  });

  it('gives updates that scan alike', () => {
    fc.assert(
      fc.property(deliveries, ({ delivered }) => {
        for (const update of concatenate(delivered.map(scan))) {
          const again = scan(update.bytes);
          expect(again.runs).toEqual(update.runs);
          expect(again.deletes).toEqual(update.deletes);
        }
      }),
    );
  });

  it('leaves out what a reader has', () => {
    fc.assert(
      fc.property(deliveries, ({ all, delivered }) => {
        const reader = docOf(delivered);
        const vector = decodeStateVector(Y.encodeStateVector(reader));
        const { log } = logOf(all);
        const [answer] = concatenate(log.map(scan), vector);
        for (const run of answer.runs) {
          expect(run.clock).toBeGreaterThanOrEqual(vector.get(run.client) ?? 0);
        }
        Y.applyUpdate(reader, answer.bytes);
        expect(contentOf(reader)).toEqual(contentOf(docOf(all)));
      }),
    );
  });
});

describe('a log that admits updates', () => {
  it('covers exactly what Yjs could integrate', () => {
    fc.assert(
      fc.property(deliveries, ({ delivered }) => {
        const { coverage, log } = logOf(delivered);
        const doc = docOf(delivered);
        expect(sorted(coverage.stateVector)).toEqual(
          sorted(Y.decodeStateVector(Y.encodeStateVector(doc))),
        );
        expect(contentOf(docOf(log))).toEqual(contentOf(doc));
        expect(sorted(coverage.deletes)).toEqual(deletionsNamed(delivered, coverage.stateVector));
      }),
    );
  });

  it('has no entry that Yjs would leave pending', () => {
    fc.assert(
      fc.property(deliveries, ({ delivered }) => {
        const doc = new Y.Doc();
        for (const entry of logOf(delivered).log) {
          Y.applyUpdate(doc, entry);
          expect(doc.store.pendingStructs).toBeNull();
          expect(doc.store.pendingDs).toBeNull();
        }
      }),
    );
  });

  it('finds nothing in it that does not fit, and so refuses no honest client', () => {
    fc.assert(
      fc.property(deliveries, ({ all, delivered }) => {
        const coverage = new Coverage();
        const lineage = new Lineage();
        // Of clients that collect no garbage, too, at some time in between.
        const states = [true, false].map((gc) => {
          const doc = new Y.Doc({ gc });
          for (const update of all) Y.applyUpdate(doc, update);
          return Y.encodeStateAsUpdate(doc);
        });
        // And of providers that merge updates before they send them.
        const merged = all.length === 0 ? [] : [Y.mergeUpdates(all.slice(all.length >> 1))];
        for (const entry of logOf([...delivered, ...merged, ...states, ...all]).log) {
          lineage.add(scan(entry), coverage);
          coverage.add(scan(entry));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('holds nothing once all have come', () => {
    fc.assert(
      fc.property(deliveries, ({ all, delivered }) => {
        const { coverage, log, held } = logOf([...delivered, ...all]);
        expect(held).toEqual([]);
        expect(contentOf(docOf(log))).toEqual(contentOf(docOf(all)));
        for (const update of all) expect(coverage.covers(scan(update))).toBe(true);
      }),
    );
  });

  it('takes nothing twice', () => {
    fc.assert(
      fc.property(deliveries, ({ delivered }) => {
        const { coverage, log } = logOf(delivered);
        const clocks = log.flatMap((entry) => scan(entry).runs).map((run) => run.end - run.clock);
        const total = [...coverage.stateVector.values()].reduce((sum, clock) => sum + clock, 0);
        expect(clocks.reduce((sum, length) => sum + length, 0)).toBe(total);
        for (const update of log)
          expect(coverage.admit(scan(update))).toEqual({ news: undefined, held: undefined });
      }),
    );
  });

  it('says truly whether an update brings nothing new', () => {
    fc.assert(
      fc.property(deliveries, ({ all, delivered }) => {
        const { coverage } = logOf(delivered);
        for (const update of all) {
          const { news, held } = coverage.admit(scan(update));
          expect(coverage.covers(scan(update))).toBe(news === undefined && held === undefined);
        }
      }),
    );
  });

  it('says of what it holds which clocks would help', () => {
    fc.assert(
      fc.property(deliveries, ({ all, delivered }) => {
        const { held } = logOf(delivered);
        const { coverage } = logOf(all);
        for (const { needs } of held) {
          expect(needs.size).toBeGreaterThan(0);
          for (const [client, clock] of needs) {
            expect(coverage.stateVector.get(client) ?? 0).toBeGreaterThan(clock);
          }
        }
      }),
    );
  });
});

describe('state vectors', () => {
  it('are those of Yjs', () => {
    fc.assert(
      fc.property(editings, ({ updates }) => {
        const doc = docOf(updates);
        const bytes = Y.encodeStateVector(doc);
        expect(sorted(decodeStateVector(bytes))).toEqual(sorted(Y.decodeStateVector(bytes)));
        expect(sorted(Y.decodeStateVector(encodeStateVector(decodeStateVector(bytes))))).toEqual(
          sorted(Y.decodeStateVector(bytes)),
        );
      }),
    );
  });
});
