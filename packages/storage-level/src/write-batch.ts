import type { Version } from './table-file.ts';
import { VarintReader } from './varint.ts';

/** A record of LevelDB's log is `u64 sequence, u32 count`, and as many puts and deletions. */
const HEADER_BYTES = 12;
const Kind = { deletion: 0, value: 1 } as const;

/** @throws RangeError when it is none */
export function* readWriteBatch(record: Buffer): Iterable<Version> {
  let sequence = Number(record.readBigUInt64LE(0));
  const reader = new VarintReader(record, HEADER_BYTES);
  while (!reader.atEnd) {
    const kind = reader.number();
    if (kind !== Kind.deletion && kind !== Kind.value) throw new RangeError('it is no batch');
    const key = reader.bytes();
    yield { key, value: kind === Kind.value ? reader.bytes() : undefined, sequence };
    sequence += 1;
  }
}
