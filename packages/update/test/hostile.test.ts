import fc from 'fast-check';
import {
  createEncoder,
  type Encoder,
  toUint8Array,
  writeUint8,
  writeVarString,
  writeVarUint,
} from 'lib0/encoding';
import { describe, expect, it } from 'vitest';
import {
  Coverage,
  concatenate,
  coverageOf,
  decodeStateVector,
  scan,
  UpdateError,
} from '../src/index.ts';
import { editings } from './editing.ts';
import { damagedUpdates } from './mutation.ts';

/** Fails when something else than an UpdateError is thrown. */
function refusesAtMost(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(UpdateError);
  }
}

describe('whatever the bytes', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    // Small numbers look more like an update.
    fc.array(fc.nat(12), { maxLength: 60 }).map((numbers) => new Uint8Array(numbers)),
    damagedUpdates(editings).map(({ damaged }) => damaged),
  );

  it('a scan throws nothing but an UpdateError', () => {
    fc.assert(
      fc.property(bytes, (bytes) => refusesAtMost(() => scan(bytes))),
      { numRuns: 2_000 },
    );
  });

  it('a state vector throws nothing but an UpdateError', () => {
    fc.assert(
      fc.property(bytes, (bytes) => refusesAtMost(() => decodeStateVector(bytes))),
      { numRuns: 2_000 },
    );
  });

  it('a log takes what was accepted without an error', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 4 }), (all) => {
        refusesAtMost(() => {
          const contents = all.map(scan);
          const coverage = new Coverage();
          for (const content of contents) {
            const { news } = coverage.admit(content);
            if (news) coverage.add(news);
          }
          concatenate(contents, coverage.stateVector);
        });
      }),
      { numRuns: 2_000 },
    );
  });
});

/** An update whose structs are written by `sections`, with nothing deleted. */
function update(sections: number, write: (encoder: Encoder) => void): Uint8Array {
  const encoder = createEncoder();
  writeVarUint(encoder, sections);
  write(encoder);
  writeVarUint(encoder, 0);
  return toUint8Array(encoder);
}

/** One section: how many structs, of which client, and the structs from clock 0. */
function section(encoder: Encoder, count: number, client: number): void {
  for (const number of [count, client, 0]) writeVarUint(encoder, number);
}

function deletions(count: number, clockOf: (index: number) => number): Uint8Array {
  const encoder = createEncoder();
  for (const number of [0, 1, 1, count]) writeVarUint(encoder, number);
  for (let i = 0; i < count; i++) {
    writeVarUint(encoder, clockOf(i));
    writeVarUint(encoder, 1);
  }
  return toUint8Array(encoder);
}

function oneString(kind: number, string: string): Uint8Array {
  return update(1, (encoder) => {
    section(encoder, 1, 1);
    for (const byte of [kind, 1, 1, 116]) writeUint8(encoder, byte);
    writeVarString(encoder, string);
  });
}

const GC = 0;
const TEXT = 4;
const EMBED = 5;
const SKIP = 10;
const WITH_ORIGIN = 0x80;

/** The worst updates that we could think of, by a size. */
const HOSTILE: [string, (size: number) => Uint8Array][] = [
  [
    'many clients with one struct each',
    (size) =>
      update(size, (encoder) => {
        for (let client = size; client > 0; client--) {
          section(encoder, 1, client);
          writeUint8(encoder, GC);
          writeUint8(encoder, 1);
        }
      }),
  ],
  [
    'many structs of two bytes',
    (size) =>
      update(1, (encoder) => {
        section(encoder, size, 1);
        for (let i = 0; i < 2 * size; i++) writeUint8(encoder, i % 2);
      }),
  ],
  [
    'a Skip behind each struct',
    (size) =>
      update(1, (encoder) => {
        section(encoder, 2 * size, 1);
        for (let i = 0; i < size; i++)
          for (const byte of [GC, 1, SKIP, 1]) writeUint8(encoder, byte);
      }),
  ],
  ['deletions in reverse order', (size) => deletions(size, (i) => 2 * (size - i))],
  ['deletions from both ends', (size) => deletions(size, (i) => (i % 2 ? i : 4 * size - i) * 2)],
  ['a deletion again and again', (size) => deletions(size, () => 5)],
  [
    'a client that refers to many others',
    (size) =>
      update(1, (encoder) => {
        section(encoder, size, 1);
        for (let i = 0; i < size; i++) {
          writeUint8(encoder, TEXT | WITH_ORIGIN);
          writeVarUint(encoder, i + 2);
          writeVarUint(encoder, 0);
          writeVarString(encoder, 'a');
        }
      }),
  ],
  ...[1, -1].map((step): [string, (size: number) => Uint8Array] => [
    `a chain of clients that wait for each other, ${step > 0 ? 'first' : 'last'} one first`,
    (size) =>
      update(size, (encoder) => {
        for (let i = 0; i < size; i++) {
          const client = step > 0 ? i + 1 : size - i;
          section(encoder, 1, client);
          if (client === 1) {
            for (const byte of [TEXT, 1, 1, 116]) writeUint8(encoder, byte);
          } else {
            writeUint8(encoder, TEXT | WITH_ORIGIN);
            writeVarUint(encoder, client - 1);
            writeVarUint(encoder, 0);
          }
          writeVarString(encoder, 'a');
        }
      }),
  ]),
  [
    'two clients that wait for each other at every struct, in vain',
    (size) =>
      update(2, (encoder) => {
        for (const client of [2, 1]) {
          section(encoder, size, client);
          for (let i = 0; i < size; i++) {
            writeUint8(encoder, TEXT | WITH_ORIGIN);
            // Client 2 waits for the same clock of client 1, client 1 for the clock before of
            // client 2, and its first for what never comes.
            const never = client === 1 && i === 0;
            writeVarUint(encoder, never ? 3 : 3 - client);
            writeVarUint(encoder, client === 2 || never ? i : i - 1);
            writeVarString(encoder, 'a');
          }
        }
      }),
  ],
  ['JSON of brackets', (size) => oneString(EMBED, `[${'[],'.repeat(size)}[]]`)],
  ['JSON of digits', (size) => oneString(EMBED, `[${'1e9,'.repeat(size)}1]`)],
  ['JSON of one bracket', (size) => oneString(EMBED, '['.repeat(4 * size))],
  ['JSON of one long number', (size) => oneString(EMBED, '0.'.padEnd(4 * size, '1'))],
  ['JSON of escapes', (size) => oneString(EMBED, `"${'\\"'.repeat(size)}"`)],
  [
    'many small texts',
    (size) =>
      update(1, (encoder) => {
        section(encoder, size, 1);
        for (let i = 0; i < size; i++) {
          for (const byte of [TEXT, 1, 1, 116]) writeUint8(encoder, byte);
          writeVarString(encoder, 'a');
        }
      }),
  ],
];

/** What a server does with an update: scans it, divides it, notes it, joins it, and meets it again. */
function serve(bytes: Uint8Array): void {
  refusesAtMost(() => {
    const content = scan(bytes);
    const coverage = new Coverage();
    const { news } = coverage.admit(content);
    if (news) coverage.add(news);
    coverage.admit(content);
    coverage.covers(content);
    // Deletions are held without their structs; a log that has them all the same is the worst to meet again.
    const all = coverageOf([content]);
    all.admit(content);
    all.covers(content);
    all.add(content);
    concatenate([content, content], new Map([[1, 1]]));
  });
}

/** Seconds of CPU, at best of two. */
function cost(run: () => void): number {
  let best = Infinity;
  for (let times = 0; times < 2; times++) {
    const start = process.cpuUsage();
    run();
    best = Math.min(best, process.cpuUsage(start).user / 1e6);
  }
  return best;
}

describe('hostile input', () => {
  it.each(HOSTILE)('takes time in proportion to its bytes: %s', (_, make) => {
    const small = make(10_000);
    const large = make(40_000);
    serve(small); // compiles
    // Quadratic work takes 16 times as long; half of that leaves room for the garbage collector, and
    // the rest for accounting that is coarse.
    const times = (large.length / small.length) ** 2 / 2;
    expect(cost(() => serve(large))).toBeLessThan(0.08 + times * cost(() => serve(small)));
  });

  it.each(HOSTILE)('keeps at most one thing in memory for each two bytes: %s', (_, make) => {
    const bytes = make(10_000);
    refusesAtMost(() => {
      const { runs, deletes, references } = scan(bytes);
      const pairs = [...deletes.values()].reduce((sum, ranges) => sum + ranges.length / 2, 0);
      expect(runs.length + pairs + references.size).toBeLessThanOrEqual(bytes.length / 2);
    });
  });
});
