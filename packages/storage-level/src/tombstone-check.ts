import { type DocumentFinding, problemOf, type StoredRecord } from './document-check.ts';

/** What is wrong with the tombstones under one document's name. */
export interface TombstoneCheck {
  readonly findings: readonly DocumentFinding[];
  /** All but the newest that is sound. */
  readonly dropped: readonly StoredRecord[];
}

/**
 * Checks the tombstones of one document, oldest first. One is what there should be, at most; it
 * says nothing about the log beside it, and stays as it is whatever happens to that.
 */
export async function checkTombstones(records: readonly StoredRecord[]): Promise<TombstoneCheck> {
  const findings: DocumentFinding[] = [];
  const dropped: StoredRecord[] = [];
  let kept = false;
  for (const record of records.toReversed()) {
    const problem = await problemOf(record);
    if (problem === undefined && !kept) {
      kept = true;
      continue;
    }
    findings.push(
      problem === undefined
        ? { severity: 'notice', what: 'is an older tombstone', key: record[0] }
        : { severity: 'damage', what: problem, key: record[0] },
    );
    dropped.push(record);
  }
  return { findings, dropped };
}
