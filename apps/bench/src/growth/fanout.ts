import { prepareTyping } from '../driver/prepared.ts';
import { atRate, editOneDocument } from '../scenarios/edits.ts';
import type { Growth, Point } from './growth.ts';

const MAX_WRITERS = 10;

/** CPU a delivery against the clients of one document. */
export const fanoutGrowth: Growth = {
  name: 'growth-fanout',
  title: 'CPU a delivery, by clients of a document',
  xTitle: 'clients of one document',
  yTitle: 'µs a delivery',
  xScale: 'logarithmic',
  yScale: 'logarithmic',
  lines: [{ key: 'cpu', title: 'CPU a delivery' }],
  expected:
    'It falls, to what writing to one more socket costs: what an update costs in itself (check, commit, frame) is shared by all who get it.',
  run: async ({ server, magnitudes, log }) => {
    const { clients: counts, rate, seconds } = magnitudes.growth.fanout;
    await server.start();
    const points: Point[] = [];
    for (const clients of counts) {
      log(`${clients} clients`);
      const writers = Math.min(MAX_WRITERS, clients);
      const [warmUp, total] = [rate * magnitudes.warmUpSeconds, rate * seconds];
      const each = Math.ceil(warmUp / writers) + Math.ceil(total / writers);
      const { span, delivered } = await editOneDocument(
        { server, magnitudes },
        {
          documentId: `of-${clients}`,
          document: prepareTyping(writers, each),
          clients,
          warmUp: atRate(warmUp, rate),
          measured: atRate(total, rate),
        },
      );
      points.push({ x: clients, values: { cpu: (span.cpuMs * 1000) / delivered } });
    }
    return points;
  },
};
