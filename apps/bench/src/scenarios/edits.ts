import { Clients } from '../driver/client.ts';
import { checkComplete } from '../driver/completeness.ts';
import { Deliveries, type Seat, untilComplete } from '../driver/deliveries.ts';
import { pace } from '../driver/pace.ts';
import type { PreparedDocument } from '../driver/prepared.ts';
import { seed, untilKnown } from '../driver/seed.ts';
import { endsOf } from '../driver/written-document.ts';
import { measure, type Span, type Stage } from './scenario.ts';

const DOCUMENT = 'one-document';

/** Clients on one document, of whom the first ones write. */
export interface OneDocument {
  readonly span: Span;
  readonly deliveries: Deliveries;
}

/**
 * Lets clients write to one document.
 * @param send gives updates of these writers to the server; resolves when all were given.
 */
export async function editOneDocument(
  stage: Stage,
  { base, writers }: PreparedDocument,
  clientCount: number,
  send: (deliveries: Deliveries, writers: readonly Seat[]) => Promise<void>,
): Promise<OneDocument> {
  const clients = new Clients(stage.server);
  await seed(clients, [DOCUMENT], base);
  const open = await clients.connect(Array.from({ length: clientCount }, () => DOCUMENT));
  await untilKnown(open, endsOf(base));
  const seats = open.map((client, index) => {
    const writer = writers[index];
    return writer === undefined ? { client } : { client, writer };
  });
  const deliveries = new Deliveries(seats);
  const span = await measure(stage, async () => {
    await send(deliveries, seats.slice(0, writers.length));
    await untilComplete([deliveries], stage.magnitudes.completeSeconds * 1000);
  });
  await checkComplete(clients, base, [deliveries]);
  clients.close();
  return { span, deliveries };
}

/** Writers take turns at an even rate. */
export function atRate(total: number, perSecond: number) {
  return async (deliveries: Deliveries, writers: readonly Seat[]): Promise<void> => {
    await pace(total, perSecond, (index) => {
      const seat = writers[index % writers.length];
      if (seat !== undefined) deliveries.send(seat);
    });
  };
}
