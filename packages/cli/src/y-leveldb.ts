import { SyncError } from '@syncline/protocol';
import { ClassicLevel } from 'classic-level';

/** A document in a y-leveldb folder. */
export interface YLeveldbDocument {
  readonly name: string;
  /** All of its updates, in order. */
  readonly updates: readonly Uint8Array[];
}

const STRING = 0;
const UINT32 = 1;

/**
 * Reads the documents of a y-leveldb 0.2 folder, one after the other. An update is under the key
 * `['v1', name, 'update', clock]`, in which a string is `00, varUint(length), UTF-8` and a number is
 * `01, u32`, big-endian; so the updates of a document follow each other, in order.
 * @throws SyncError `file-invalid` when another process has the folder, or it is none of y-leveldb's.
 */
export async function* readYLeveldb(directory: string): AsyncIterable<YLeveldbDocument> {
  const encodings = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;
  const db = new ClassicLevel<Buffer, Buffer>(directory, { ...encodings, createIfMissing: false });
  try {
    await db.open();
  } catch (error) {
    throw openError(directory, error);
  }
  try {
    let current: { name: string; updates: Uint8Array[] } | undefined;
    const range = { gte: Buffer.from('\x00\x02v1'), lt: Buffer.from('\x00\x02v2') };
    for await (const [key, value] of db.iterator(range)) {
      const name = nameOfUpdate(key);
      if (name === undefined) continue;
      if (current !== undefined && current.name !== name) yield current;
      if (current?.name !== name) current = { name, updates: [] };
      current.updates.push(new Uint8Array(value));
    }
    if (current === undefined) {
      throw new SyncError('file-invalid', `${directory} has no documents of y-leveldb`);
    }
    yield current;
  } finally {
    await db.close();
  }
}

/** The document of an update's key; `undefined` for other keys. */
function nameOfUpdate(key: Buffer): string | undefined {
  const [version, name, kind, clock] = decodeKey(key);
  if (version !== 'v1' || kind !== 'update' || typeof clock !== 'number') return undefined;
  return typeof name === 'string' ? name : undefined;
}

function decodeKey(key: Buffer): (string | number)[] {
  const parts: (string | number)[] = [];
  for (let at = 0; at < key.length; ) {
    const type = key[at++];
    if (type === UINT32 && at + 4 <= key.length) {
      parts.push(key.readUInt32BE(at));
      at += 4;
    } else if (type === STRING) {
      let length = 0;
      let shift = 1;
      let byte: number;
      do {
        byte = key[at++] ?? 0;
        length += (byte & 0x7f) * shift;
        shift *= 128;
      } while (byte >= 0x80);
      parts.push(key.toString('utf8', at, at + length));
      at += length;
    } else {
      return [];
    }
  }
  return parts;
}

function openError(directory: string, error: unknown): SyncError {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED') {
    const message = `${directory} is in use by another process; stop it first`;
    return new SyncError('file-invalid', message, { cause });
  }
  return new SyncError('file-invalid', `${directory} is no folder of y-leveldb`, { cause });
}
