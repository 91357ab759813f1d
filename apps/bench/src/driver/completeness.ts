import { sleep } from '@syncline/testing';
import * as Y from 'yjs';
import type { Client, Clients } from './client.ts';
import type { Deliveries } from './deliveries.ts';
import { IncompleteError } from './incomplete.ts';
import { documentWith } from './prepared.ts';

const FRESH_LIMIT_MS = 30_000;
/** New clients at a time. */
const FRESH_AT_ONCE = 50;

/**
 * Puts together what every client of a document received, and compares it with what was sent; and
 * what a client gets that opens the document now.
 * @param base what the document was before.
 * @throws IncompleteError
 */
export async function checkComplete(
  clients: Clients,
  base: Uint8Array,
  documents: readonly Deliveries[],
): Promise<void> {
  const fresh: (() => Promise<void>)[] = [];
  for (const document of documents) {
    const sent = document.seats.map((seat) => document.sentBy(seat));
    const expected = Y.snapshot(documentWith([base, ...sent.flat()]));
    for (const [index, { client }] of document.seats.entries()) {
      if (client.ended !== undefined)
        throw new IncompleteError(`a client lost its socket: ${client.ended}`);
      const own = sent[index] ?? [];
      if (!hasAll(documentWith([...client.received, ...own]), expected)) {
        throw new IncompleteError(`a client of ${client.documentId} has not all of it`);
      }
    }
    const id = document.seats[0]?.client.documentId;
    if (id !== undefined) fresh.push(async () => await checkFresh(clients, id, expected));
  }
  for (let start = 0; start < fresh.length; start += FRESH_AT_ONCE) {
    await Promise.all(
      fresh.slice(start, start + FRESH_AT_ONCE).map(async (check) => await check()),
    );
  }
}

/**
 * Opens a document with a new client, and waits until that has all of it.
 * @throws IncompleteError when it does not get it within half a minute.
 */
export async function checkFresh(
  clients: Clients,
  documentId: string,
  expected: Y.Snapshot,
): Promise<void> {
  const [reader] = await clients.connect([documentId]);
  const deadline = performance.now() + FRESH_LIMIT_MS;
  let seen = 0;
  while (performance.now() < deadline) {
    if (reader !== undefined && reader.received.length > seen) {
      seen = reader.received.length;
      if (hasAll(documentWith(reader.received), expected)) {
        reader.close();
        return;
      }
    }
    await sleep(20);
  }
  throw new IncompleteError(`a new client does not get all of ${documentId}`);
}

/**
 * Checks what clients have that only read. Those that got the very same updates are checked once.
 * @param before what they had when they came.
 * @throws IncompleteError
 */
export function checkReaders(
  readers: Iterable<Client>,
  expected: Y.Snapshot,
  before?: Uint8Array,
): void {
  const known = before === undefined ? [] : [before];
  let complete: readonly Uint8Array[] = [];
  for (const { received, documentId } of readers) {
    const isSame =
      received.length === complete.length &&
      received.every((update, index) => update === complete[index]);
    if (isSame && received.length > 0) continue;
    if (!hasAll(documentWith([...known, ...received]), expected)) {
      throw new IncompleteError(`a client of ${documentId} has not all of it`);
    }
    complete = received;
  }
}

/** By content: the same structs, and the same deletions. */
function hasAll(doc: Y.Doc, expected: Y.Snapshot): boolean {
  return doc.store.pendingStructs === null && Y.equalSnapshots(Y.snapshot(doc), expected);
}
