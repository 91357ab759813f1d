import { sleep } from '@syncline/testing';
import { Clients } from '../driver/client.ts';
import { checkComplete } from '../driver/completeness.ts';
import { Delays } from '../driver/delays.ts';
import { Deliveries, type Seat, untilComplete } from '../driver/deliveries.ts';
import { pace } from '../driver/pace.ts';
import type { PreparedDocument } from '../driver/prepared.ts';
import { seed, untilKnown } from '../driver/seed.ts';
import { endsOf } from '../driver/written-document.ts';
import { measure, type Span, type Stage } from './scenario.ts';

export interface EditResult {
  readonly span: Span;
  readonly delivered: number;
  readonly delays: Delays;
}

/** Gives updates of these writers to the server; resolves when all were given. */
export type Sending = (deliveries: Deliveries, writers: readonly Seat[]) => Promise<void>;

/** Who does what to one document. */
export interface EditPlan {
  readonly documentId: string;
  readonly document: PreparedDocument;
  /** How many there are; the first ones write. */
  readonly clients: number;
  /** Not measured. */
  readonly warmUp: Sending;
  readonly measured: Sending;
}

/** Lets clients write to one document. @throws IncompleteError */
export async function editOneDocument(
  stage: Pick<Stage, 'server' | 'magnitudes'>,
  plan: EditPlan,
): Promise<EditResult> {
  const { documentId } = plan;
  const { base, writers } = plan.document;
  const clients = new Clients(stage.server);
  await seed(clients, [documentId], base);
  const open = await clients.connect(Array.from({ length: plan.clients }, () => documentId));
  await untilKnown(open, endsOf(base));
  const seats = open.map((client, index) => {
    const writer = writers[index];
    return writer === undefined ? { client } : { client, writer };
  });
  const deliveries = new Deliveries(seats);
  const complete = async (send: Sending) => {
    await send(deliveries, seats.slice(0, writers.length));
    await untilComplete([deliveries], stage.magnitudes.completeSeconds * 1000);
  };
  await complete(plan.warmUp);
  // What servers put off is not to be counted later.
  await sleep(stage.magnitudes.settleSeconds * 1000);
  const delays = new Delays();
  deliveries.restart(delays);
  const span = await measure(stage, async () => await complete(plan.measured));
  await checkComplete(clients, base, [deliveries]);
  clients.close();
  return { span, delivered: deliveries.delivered, delays };
}

/** Writers take turns at an even rate. */
export function atRate(total: number, perSecond: number): Sending {
  return async (deliveries, writers) => {
    await pace(total, perSecond, (index) => {
      const seat = writers[index % writers.length];
      if (seat !== undefined) deliveries.send(seat);
    });
  };
}
