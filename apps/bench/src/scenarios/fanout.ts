import type { PreparedDocument } from '../driver/prepared.ts';
import { prepareMoves, prepareTyping } from '../driver/prepared.ts';
import { atRate, editOneDocument } from './edits.ts';
import {
  driverFigure,
  type Figure,
  lowerBy,
  type Numbers,
  type Scenario,
  type Stage,
} from './scenario.ts';

const figures: readonly Figure[] = [
  {
    key: 'cpu',
    title: 'CPU a delivery',
    unit: 'µs',
    better: 'lower',
    target: lowerBy(0.4),
  },
  { key: 'p50', title: 'delay, median', unit: 'ms', better: 'lower' },
  { key: 'p99', title: 'delay, p99', unit: 'ms', better: 'lower' },
  driverFigure,
];

/** Many people see what a few type. */
export const fanout: Scenario = {
  name: 'fanout',
  title: 'Fan-out',
  describe: ({ fanout: { clients, writers, rate, seconds } }) =>
    `${clients} clients on one text, ${writers} of them type ${rate} updates a second, ${seconds} s long.`,
  figures: figures.map((figure) =>
    figure.key === 'p99'
      ? { ...figure, target: { of: 'itself', bound: 'at most', value: 30 } }
      : figure,
  ),
  run: async (stage) => {
    const { clients, writers, rate, seconds } = stage.magnitudes.fanout;
    const document = prepareTyping(writers, updatesEach(stage, rate, seconds, writers));
    return await live(stage, document, clients, rate, seconds);
  },
};

/** Everybody drags shapes about. */
export const shapes: Scenario = {
  name: 'shapes',
  title: 'Shape moves',
  describe: ({ shapes: { clients, rate, seconds } }) =>
    `${clients} clients on one board drag shapes, ${rate} moves a second in all, ${seconds} s long; a move sets two keys of a map.`,
  figures,
  run: async (stage) => {
    const { clients, rate, seconds, shapesEach } = stage.magnitudes.shapes;
    const document = prepareMoves(clients, updatesEach(stage, rate, seconds, clients), shapesEach);
    return await live(stage, document, clients, rate, seconds);
  },
};

async function live(
  stage: Stage,
  document: PreparedDocument,
  clients: number,
  rate: number,
  seconds: number,
): Promise<Numbers> {
  const { span, delivered, delays } = await editOneDocument(stage, {
    documentId: 'edited',
    document,
    clients,
    warmUp: atRate(rate * stage.magnitudes.warmUpSeconds, rate),
    measured: atRate(rate * seconds, rate),
  });
  return {
    cpu: (span.cpuMs * 1000) / delivered,
    p50: delays.quantile(0.5),
    p99: delays.quantile(0.99),
    driver: span.driverPercent,
  };
}

/** Enough to get warm, and to be measured. Both begin with the first writer. */
function updatesEach(stage: Stage, rate: number, seconds: number, writers: number): number {
  const { warmUpSeconds } = stage.magnitudes;
  return Math.ceil((rate * warmUpSeconds) / writers) + Math.ceil((rate * seconds) / writers);
}
