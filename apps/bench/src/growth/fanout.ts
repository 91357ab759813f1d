import { prepareTyping } from '../driver/prepared.ts';
import { atRate, editOneDocument } from '../scenarios/edits.ts';
import type { Growth, GrowthStage, Point } from './growth.ts';

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
      points.push({
        x: clients,
        values: await type({ server, magnitudes }, clients, rate, seconds),
      });
    }
    return points;
  },
};

/** CPU a delivery against the updates of one document. */
export const rateGrowth: Growth = {
  name: 'growth-rate',
  title: 'CPU a delivery, by updates a second',
  xTitle: 'updates a second in one document',
  yTitle: 'µs a delivery',
  xScale: 'logarithmic',
  yScale: 'logarithmic',
  lines: [{ key: 'cpu', title: 'CPU a delivery' }],
  expected:
    'It falls: the more updates there are the more of them share a tick, and the less the processor rests in between, which makes it slower afterwards.',
  run: async ({ server, magnitudes, log }) => {
    const { clients, rates, seconds } = magnitudes.growth.rate;
    await server.start();
    const points: Point[] = [];
    for (const rate of rates) {
      log(`${rate} updates a second`);
      points.push({ x: rate, values: await type({ server, magnitudes }, clients, rate, seconds) });
    }
    return points;
  },
};

/** A few type, and all get it. */
async function type(
  stage: Pick<GrowthStage, 'server' | 'magnitudes'>,
  clients: number,
  rate: number,
  seconds: number,
): Promise<{ readonly cpu: number }> {
  const writers = Math.min(MAX_WRITERS, clients);
  const [warmUp, total] = [rate * stage.magnitudes.warmUpSeconds, rate * seconds];
  const each = Math.ceil(warmUp / writers) + Math.ceil(total / writers);
  const { span, delivered } = await editOneDocument(stage, {
    documentId: `of-${clients}-at-${rate}`,
    document: prepareTyping(writers, each),
    clients,
    warmUp: atRate(warmUp, rate),
    measured: atRate(total, rate),
  });
  return { cpu: (span.cpuMs * 1000) / delivered };
}
