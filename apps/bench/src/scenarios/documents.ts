import { sleep } from '@syncline/testing';
import type { Magnitudes } from '../config.ts';
import { Clients } from '../driver/client.ts';
import { checkComplete } from '../driver/completeness.ts';
import { Delays } from '../driver/delays.ts';
import { Deliveries, untilComplete } from '../driver/deliveries.ts';
import { pace } from '../driver/pace.ts';
import { prepareTyping } from '../driver/prepared.ts';
import { seed, untilKnown } from '../driver/seed.ts';
import { endsOf } from '../driver/written-document.ts';
import { driverFigure, lowerBy, measure, type Scenario } from './scenario.ts';

function manyDocuments(
  name: string,
  title: string,
  magnitude: 'documents' | 'manyDocuments',
): Scenario {
  const of = (magnitudes: Magnitudes) => magnitudes[magnitude];
  return {
    name,
    title,
    describe: (magnitudes) => {
      const { documents, rate, seconds } = of(magnitudes);
      return `${documents} texts with two clients each, one of whom types: ${rate} updates a second in all, ${seconds} s long.`;
    },
    figures: [
      {
        key: 'cpu',
        title: 'CPU an update',
        unit: 'µs',
        better: 'lower',
        target: lowerBy(0.5),
      },
      { key: 'p50', title: 'delay, median', unit: 'ms', better: 'lower' },
      { key: 'p99', title: 'delay, p99', unit: 'ms', better: 'lower' },
      driverFigure,
    ],
    run: async (stage) => {
      const { documents: count, rate, seconds } = of(stage.magnitudes);
      const total = rate * seconds;
      const warmUp = rate * stage.magnitudes.warmUpSeconds;
      const { base, writers } = prepareTyping(1, Math.ceil((warmUp + total) / count));
      const ids = Array.from({ length: count }, (_, index) => `document-${index}`);
      const clients = new Clients(stage.server);
      await seed(clients, ids, base);
      const first = await clients.connect(ids);
      const second = await clients.connect(ids);
      await untilKnown([...first, ...second], endsOf(base));
      const documents = first.map((client, index) => {
        const reader = second[index];
        const seats = [{ client, ...(writers[0] && { writer: writers[0] }) }];
        return new Deliveries(reader ? [...seats, { client: reader }] : seats);
      });
      let next = 0;
      const write = async (updates: number) => {
        await pace(updates, rate, () => {
          const document = documents[next++ % count];
          const seat = document?.seats[0];
          if (seat !== undefined) document?.send(seat);
        });
        await untilComplete(documents, stage.magnitudes.completeSeconds * 1000);
      };
      await write(warmUp);
      // What servers put off is not to be counted later.
      await sleep(stage.magnitudes.settleSeconds * 1000);
      const delays = new Delays();
      for (const document of documents) document.restart(delays);
      const span = await measure(stage, async () => await write(total));
      await checkComplete(clients, base, documents);
      clients.close();
      return {
        cpu: (span.cpuMs * 1000) / total,
        p50: delays.quantile(0.5),
        p99: delays.quantile(0.99),
        driver: span.driverPercent,
      };
    },
  };
}

export const documents300 = manyDocuments('documents', 'Many documents', 'documents');

export const documents2000 = manyDocuments(
  'documents-many',
  'Very many documents',
  'manyDocuments',
);
