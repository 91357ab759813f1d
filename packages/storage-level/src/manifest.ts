import { readLogFile } from './log-file.ts';
import { VarintReader } from './varint.ts';

/** Which files a LevelDB folder consists of. */
export interface Manifest {
  /** The number of the oldest write-ahead log that is not in tables yet; 0 in a folder that is new. */
  readonly log: number;
  /** The numbers of the tables. */
  readonly tables: ReadonlySet<number>;
}

/** The tags of a version edit's fields (leveldb/db/version_edit.cc). */
const Tag = {
  comparator: 1,
  log: 2,
  nextFile: 3,
  lastSequence: 4,
  compactPointer: 5,
  deletedTable: 6,
  newTable: 7,
  previousLog: 9,
} as const;

/** @throws RangeError when it is damaged */
export function readManifest(bytes: Buffer): Manifest {
  const { records, damaged } = readLogFile(bytes);
  if (damaged) throw new RangeError('a record is broken');
  const tables = new Set<number>();
  let log: number | undefined;
  for (const record of records) {
    const reader = new VarintReader(record);
    while (!reader.atEnd) {
      const tag = reader.number();
      switch (tag) {
        case Tag.comparator:
          reader.bytes();
          break;
        case Tag.log:
          log = reader.number();
          break;
        case Tag.nextFile:
        case Tag.lastSequence:
        case Tag.previousLog:
          reader.number();
          break;
        case Tag.compactPointer:
          reader.number();
          reader.bytes();
          break;
        case Tag.deletedTable:
          reader.number();
          tables.delete(reader.number());
          break;
        case Tag.newTable: {
          reader.number();
          tables.add(reader.number());
          reader.number();
          reader.bytes();
          reader.bytes();
          break;
        }
        default:
          throw new RangeError(`field ${tag} is unknown`);
      }
    }
  }
  if (log === undefined) throw new RangeError('it is cut off');
  return { log, tables };
}
