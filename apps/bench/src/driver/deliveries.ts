import { until } from '@syncline/testing';
import type { Client } from './client.ts';
import { Delays } from './delays.ts';
import { IncompleteError } from './incomplete.ts';
import type { PreparedWriter } from './prepared.ts';

/** A client of a document, and what it writes, if it writes. */
export interface Seat {
  readonly client: Client;
  readonly writer?: PreparedWriter;
}

/** What a seat has sent: when, by `performance.now()`. */
interface Sent {
  readonly writer: PreparedWriter;
  readonly times: number[];
}

/**
 * Follows updates from the writers of one document to all its other clients. A delivery is one
 * update that reached one client, however the server put updates together.
 */
export class Deliveries {
  readonly seats: readonly Seat[];
  /** Those counted now; see {@link restart}. */
  #delays: Delays;
  /** By the writer's Yjs client id. */
  readonly #sent = new Map<number, Sent>();
  #delivered = 0;
  #expected = 0;

  /** @param delays is shared where there are many documents. */
  constructor(seats: readonly Seat[], delays = new Delays()) {
    this.seats = seats;
    this.#delays = delays;
    for (const { writer } of seats) {
      if (writer !== undefined) this.#sent.set(writer.client, { writer, times: [] });
    }
    for (const seat of seats) this.#follow(seat);
  }

  /** Deliveries since the last {@link restart}. */
  get delivered(): number {
    return this.#delivered;
  }

  get isComplete(): boolean {
    return this.#delivered >= this.#expected;
  }

  /** Begins to count anew, when all is delivered that was sent so far. */
  restart(delays: Delays): void {
    this.#delays = delays;
    this.#expected -= this.#delivered;
    this.#delivered = 0;
  }

  /** The updates that a seat has sent. */
  sentBy(seat: Seat): readonly Uint8Array[] {
    if (seat.writer === undefined) return [];
    return seat.writer.updates.slice(0, this.#sent.get(seat.writer.client)?.times.length ?? 0);
  }

  /** Sends a seat's next update. */
  send(seat: Seat): void {
    const sent = seat.writer && this.#sent.get(seat.writer.client);
    const update = sent?.writer.updates[sent.times.length];
    if (sent === undefined || update === undefined) throw new TypeError('nothing is left to send');
    sent.times.push(performance.now());
    this.#expected += this.seats.length - 1;
    seat.client.sendUpdate(update);
  }

  #follow({ client: reader, writer: own }: Seat): void {
    const next = new Map<number, number>();
    reader.onUpdate = (ends) => {
      const now = performance.now();
      for (const [client, end] of ends) {
        const sent = client === own?.client ? undefined : this.#sent.get(client);
        if (sent === undefined) continue;
        const { clocks } = sent.writer;
        let index = next.get(client) ?? 0;
        for (; index < sent.times.length && (clocks[index] ?? Infinity) <= end; index++) {
          this.#delays.add(now - (sent.times[index] ?? now));
          this.#delivered++;
        }
        next.set(client, index);
      }
    };
  }
}

/** Waits until all updates reached every client but their writer. @throws IncompleteError */
export async function untilComplete(
  documents: readonly Deliveries[],
  limitMs: number,
): Promise<void> {
  let first = 0;
  const areComplete = () => {
    while (documents[first]?.isComplete === true) first++;
    return first === documents.length;
  };
  await until('all updates are everywhere', areComplete, limitMs).catch(() => {
    const missing = documents.filter((document) => !document.isComplete).length;
    throw new IncompleteError(
      `updates missing after ${limitMs / 1000} s in ${missing} of ${documents.length} documents`,
    );
  });
}
