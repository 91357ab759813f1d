import { sleep } from '@syncline/testing';
import * as Y from 'yjs';
import type { Client, Clients } from './client.ts';
import { checkFresh } from './completeness.ts';
import { IncompleteError } from './incomplete.ts';
import { documentWith } from './prepared.ts';

const KNOWN_LIMIT_MS = 60_000;

/** Makes documents of these updates, and waits until new clients get them. @throws IncompleteError */
export async function seed(
  clients: Clients,
  documentIds: readonly string[],
  update: Uint8Array,
): Promise<void> {
  const expected = Y.snapshot(documentWith([update]));
  for (let start = 0; start < documentIds.length; start += 50) {
    const writers = await clients.connect(documentIds.slice(start, start + 50));
    for (const writer of writers) writer.sendUpdate(update);
    await Promise.all(writers.map(({ documentId }) => checkFresh(clients, documentId, expected)));
    for (const writer of writers) writer.close();
  }
}

/** Whether a client has all structs up to these clocks. */
export function knows(client: Client, ends: ReadonlyMap<number, number>): boolean {
  for (const [id, end] of ends) if ((client.ends.get(id) ?? 0) < end) return false;
  return true;
}

/** Waits until all clients have all structs up to these clocks. @throws IncompleteError */
export async function untilKnown(
  clients: readonly Client[],
  ends: ReadonlyMap<number, number>,
  limitMs = KNOWN_LIMIT_MS,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (const client of clients) {
    while (!knows(client, ends)) {
      if (client.ended !== undefined) {
        throw new IncompleteError(`a client lost its socket: ${client.ended}`);
      }
      if (performance.now() > deadline) {
        throw new IncompleteError(
          `after ${limitMs / 1000} s, a client of ${client.documentId} has not all of it`,
        );
      }
      await sleep(2);
    }
  }
}
