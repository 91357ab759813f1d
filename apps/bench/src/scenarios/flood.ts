import { prepareTyping } from '../driver/prepared.ts';
import { editOneDocument, type Sending } from './edits.ts';
import { driverFigure, higherBy, type Scenario } from './scenario.ts';

/** A writer that has so much waiting lets the others go first. */
const MAX_WAITING_BYTES = 64 * 1024;
const BATCH = 20;

/** Everybody writes as fast as the server takes it. */
export const flood: Scenario = {
  name: 'flood',
  title: 'Flood',
  describe: ({ flood: { clients, updatesEach } }) =>
    `${clients} clients on one text each send ${updatesEach} updates as fast as the server reads them, until all have all.`,
  figures: [
    {
      key: 'rate',
      title: 'deliveries',
      unit: '/s',
      better: 'higher',
      target: higherBy(2.5),
    },
    { key: 'cpu', title: 'CPU a delivery', unit: 'µs', better: 'lower' },
    driverFigure,
  ],
  run: async (stage) => {
    const { clients, warmUpEach, updatesEach } = stage.magnitudes.flood;
    const document = prepareTyping(clients, warmUpEach + updatesEach);
    const { span, delivered } = await editOneDocument(stage, {
      documentId: 'flooded',
      document,
      clients,
      warmUp: pour(warmUpEach),
      measured: pour(updatesEach),
    });
    return {
      rate: (delivered * 1000) / span.wallMs,
      cpu: (span.cpuMs * 1000) / delivered,
      driver: span.driverPercent,
    };
  },
};

/** All writers at once, so many updates each. */
function pour(updatesEach: number): Sending {
  return async (deliveries, writers) => {
    const left = new Map(writers.map((seat) => [seat, updatesEach]));
    while (left.size > 0) {
      for (const [seat, updates] of left) {
        if (seat.client.waitingBytes > MAX_WAITING_BYTES) continue;
        const batch = Math.min(BATCH, updates);
        for (let index = 0; index < batch; index++) deliveries.send(seat);
        if (batch === updates) left.delete(seat);
        else left.set(seat, updates - batch);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
}
