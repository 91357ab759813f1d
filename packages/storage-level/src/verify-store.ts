import { appendFileSync, mkdirSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type DocumentId, SyncError } from '@syncline/protocol';
import { nextEpoch } from '@syncline/storage';
import { type Database, openDatabase } from './database.ts';
import {
  checkDocument,
  type DocumentFinding,
  repairOperations,
  type Severity,
  type StoredRecord,
} from './document-check.ts';
import { DAMAGED_FOLDER, findDamagedFiles } from './folder-check.ts';
import { FolderLock } from './folder-lock.ts';
import { repairFolder } from './folder-repair.ts';
import {
  documentPrefix,
  isWellFormed,
  LOG_TABLES,
  parseDocumentKey,
  Table,
  withPrefix,
} from './key.ts';
import { checkTombstones } from './tombstone-check.ts';

/** Something that is not as it should be. */
export interface Finding {
  /** `damage`: data is lost or is not served. `notice`: something is left over, and harms nothing. */
  readonly severity: Severity;
  readonly what: string;
  readonly documentId?: DocumentId;
  /** The record's key, in hexadecimal digits. */
  readonly key?: string;
  /** The damaged file. */
  readonly file?: string;
}

/** What {@link verifyStore} found, and did. */
export interface VerifyReport {
  /** Without those of which only a tombstone is left. */
  readonly documents: number;
  readonly records: number;
  /** Of keys and values of all records. */
  readonly bytes: number;
  readonly findings: readonly Finding[];
  /** Sentences for people: each thing that was changed. Empty without `repair`. */
  readonly repairs: readonly string[];
  /** False when files are damaged and were not repaired: the records in them were not read. */
  readonly complete: boolean;
}

export interface VerifyOptions {
  /** Change what fails its checks, so that the store opens and each document in it loads. */
  readonly repair?: boolean;
  /** Called now and then with the number of documents that were read. */
  readonly onProgress?: (documents: number) => void;
}

/** How often progress is told, in documents; and how many keys are listed at a time. */
const PROGRESS_DOCUMENTS = 1_000;
const PAGE_KEYS = 1_000;

/**
 * Reads every record of a data folder that no server has open, and checks it.
 *
 * Repairing takes away what cannot be served, and keeps it in the folder `damaged`: files as copies,
 * records as lines of JSON with `key` and `value` in base64. A document whose tail has a hole is cut
 * there; one whose checkpoint is damaged is taken away whole. Sound tombstones stay. A document that lost entries gets a new
 * epoch, and so do all when files were damaged, since none can prove that its newest entries were
 * not in there.
 * @throws SyncError `store-locked` while a server has it, `store-format`, `load-failed` when there is
 *   no such folder or the medium fails.
 */
export async function verifyStore(
  directory: string,
  { repair = false, onProgress }: VerifyOptions = {},
): Promise<VerifyReport> {
  await access(directory).catch((cause: unknown) => {
    throw new SyncError('load-failed', `there is no data folder ${directory}`, { cause });
  });
  const findings: Finding[] = [];
  const repairs: string[] = [];
  const keep = recordKeeper(directory);
  const lock = await FolderLock.take(directory);
  let filesDamaged = false;
  try {
    const damaged = await findDamagedFiles(directory);
    filesDamaged = damaged.length > 0;
    for (const { name, what } of damaged) findings.push({ severity: 'damage', what, file: name });
    if (filesDamaged && !repair) {
      return { documents: 0, records: 0, bytes: 0, findings, repairs, complete: false };
    }
    if (filesDamaged) {
      const dropped = (record: StoredRecord, why: string) => {
        findings.push({ severity: 'damage', what: why, key: record[0].toString('hex') });
        keep(record, why);
      };
      repairs.push(...(await repairFolder(directory, damaged, dropped)));
    }
  } finally {
    await lock.release();
  }

  const db = await openDatabase(directory);
  try {
    const check = new StoreCheck(db, { findings, repairs, keep, repair, renewAll: filesDamaged });
    const counts = await check.run(onProgress);
    return { ...counts, findings, repairs, complete: true };
  } finally {
    await db.close();
  }
}

interface CheckOptions {
  readonly findings: Finding[];
  readonly repairs: string[];
  readonly keep: (record: StoredRecord, why: string) => void;
  readonly repair: boolean;
  /** Whether every document gets a new epoch. */
  readonly renewAll: boolean;
}

/** One pass over all documents of an open database. */
class StoreCheck {
  readonly #db: Database;
  readonly #options: CheckOptions;
  #documents = 0;
  #records = 0;
  #bytes = 0;

  constructor(db: Database, options: CheckOptions) {
    this.#db = db;
    this.#options = options;
  }

  async run(onProgress: VerifyOptions['onProgress']) {
    for (const documentId of await this.#names()) {
      await this.#checkTombstones(documentId);
      if (!(await this.#checkLog(documentId))) continue;
      this.#documents += 1;
      if (this.#documents % PROGRESS_DOCUMENTS === 0) onProgress?.(this.#documents);
    }
    onProgress?.(this.#documents);
    return { documents: this.#documents, records: this.#records, bytes: this.#bytes };
  }

  /** The names under which there is a record, whether or not a document can be loaded. */
  async #names(): Promise<Set<DocumentId>> {
    const { findings, repair, repairs, keep } = this.#options;
    const names = new Set<DocumentId>();
    const { gte } = withPrefix(Buffer.from([Table.document]));
    let page: Buffer[] = [];
    do {
      const last = page.at(-1);
      const from = last === undefined ? { gte } : { gt: last };
      const lt = Buffer.from([Table.marker]);
      page = await this.#db.keys({ ...from, lt, limit: PAGE_KEYS }).all();
      for (const key of page) {
        if (key[0] === Table.formerMarker) continue;
        if (isWellFormed(key)) {
          names.add(parseDocumentKey(key).documentId);
          continue;
        }
        const what = 'has a key of no known shape';
        findings.push({ severity: 'damage', what, key: key.toString('hex') });
        if (!repair) continue;
        keep([key, (await this.#db.get(key)) ?? Buffer.alloc(0)], what);
        await this.#db.del(key, { sync: true });
        repairs.push(`A record with the key ${key.toString('hex')} was taken away.`);
      }
    } while (page.length === PAGE_KEYS);
    return names;
  }

  async #checkTombstones(documentId: DocumentId): Promise<void> {
    const { repair, repairs, keep } = this.#options;
    const records = await this.#read(Table.tombstone, documentId);
    const { findings, dropped } = await checkTombstones(records);
    this.#report(documentId, findings);
    if (!repair || dropped.length === 0) return;
    for (const record of dropped) keep(record, `a tombstone of ${documentId}`);
    const removal = dropped.map(([key]) => ({ type: 'del', key }) as const);
    await this.#db.batch(removal, { sync: true });
    repairs.push(`${JSON.stringify(documentId)} lost ${dropped.length} tombstones.`);
  }

  /** False when there is no log under this name. */
  async #checkLog(documentId: DocumentId): Promise<boolean> {
    const { repair, renewAll } = this.#options;
    const records: StoredRecord[] = [];
    for (const table of LOG_TABLES) {
      for (const record of await this.#read(table, documentId)) records.push(record);
    }
    if (records.length === 0) return false;
    const check = await checkDocument(records);
    this.#report(documentId, check.findings);
    if (repair && (check.findings.length > 0 || renewAll)) {
      await this.#repairLog(documentId, records, check);
    }
    return true;
  }

  async #read(table: Table, documentId: DocumentId): Promise<StoredRecord[]> {
    const records = await this.#db.iterator(withPrefix(documentPrefix(table, documentId))).all();
    this.#records += records.length;
    for (const [key, value] of records) this.#bytes += key.length + value.length;
    return records;
  }

  #report(documentId: DocumentId, found: readonly DocumentFinding[]): void {
    for (const { key, ...finding } of found) {
      const what = { documentId, ...finding, ...(key && { key: key.toString('hex') }) };
      this.#options.findings.push(what);
    }
  }

  async #repairLog(
    documentId: DocumentId,
    records: readonly StoredRecord[],
    check: Awaited<ReturnType<typeof checkDocument>>,
  ): Promise<void> {
    const { repairs, keep, renewAll } = this.#options;
    for (const record of check.dropped) keep(record, `taken from ${documentId}`);
    const name = JSON.stringify(documentId);
    if (check.epoch === undefined) {
      const removal = records.map(([key]) => ({ type: 'del', key }) as const);
      await this.#db.batch(removal, { sync: true });
      repairs.push(`${name} was taken away whole: nothing of it can be loaded.`);
      return;
    }
    const renew = check.lost || renewAll;
    // Clients bring back what they have: their copies are of the same incarnation.
    const epoch = renew ? nextEpoch(check.epoch) : check.epoch;
    await this.#db.batch(repairOperations(documentId, records, check, epoch), { sync: true });
    const what = check.dropped.length > 0 ? `lost ${check.dropped.length} records` : 'is whole';
    repairs.push(`${name} ${what}${renew ? ', and has a new epoch' : ''}.`);
  }
}

/** Keeps records in a file of the folder `damaged`, which is made with the first. */
function recordKeeper(directory: string): (record: StoredRecord, why: string) => void {
  const folder = join(directory, DAMAGED_FOLDER);
  const path = join(folder, `records-${Date.now()}.jsonl`);
  return ([key, value], why) => {
    mkdirSync(folder, { recursive: true });
    const line = { why, key: key.toString('base64'), value: value.toString('base64') };
    appendFileSync(path, `${JSON.stringify(line)}\n`, { flush: true });
  };
}
