import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { generateTrace, sleep, type Trace } from '@syncline/testing';
import { Clients } from '../driver/client.ts';
import { checkComplete } from '../driver/completeness.ts';
import { Delays } from '../driver/delays.ts';
import { Deliveries, untilComplete } from '../driver/deliveries.ts';
import { freshEncoding, prepareTrace } from '../driver/prepared.ts';
import { seed, untilKnown } from '../driver/seed.ts';
import { endsOf } from '../driver/written-document.ts';
import { atRate } from './edits.ts';
import { driverFigure, lowerBy, measure, type Scenario } from './scenario.ts';

const DOCUMENT = 'typed';

/** One person types a whole session, another looks on; then nothing happens. */
export const trace: Scenario = {
  name: 'trace',
  title: 'A session typed in',
  describe: ({ trace: { steps, rate, quietSeconds } }) =>
    `One client types a whole editing session of ${steps} steps, ${rate} updates a second, another one looks on. Then nothing happens for ${quietSeconds} s.`,
  figures: [
    { key: 'cpu', title: 'CPU of the session', unit: 'ms', better: 'lower', target: lowerBy(0.15) },
    { key: 'p99', title: 'delay, p99', unit: 'ms', better: 'lower' },
    { key: 'diskAtOnce', title: 'disk at once, of the fresh encoding', unit: '×', better: 'lower' },
    {
      key: 'disk',
      title: 'disk after the quiet, of the fresh encoding',
      unit: '×',
      better: 'lower',
      target: { of: 'itself', bound: 'at most', value: 1.3 },
    },
    { key: 'fresh', title: 'the fresh encoding', unit: 'KB', better: 'lower', isContext: true },
    driverFigure,
  ],
  run: async (stage) => {
    const { steps, rate, quietSeconds } = stage.magnitudes.trace;
    const { base, writers } = prepareTrace(sessionOf(stage.traceFile, steps));
    const [writer] = writers;
    if (writer === undefined) throw new TypeError('a session has a writer');
    const clients = new Clients(stage.server);
    await seed(clients, [DOCUMENT], base);
    const open = await clients.connect([DOCUMENT, DOCUMENT]);
    await untilKnown(open, endsOf(base));
    const [typing, looking] = open;
    if (typing === undefined || looking === undefined) throw new TypeError('two clients are open');
    const seat = { client: typing, writer };
    const delays = new Delays();
    const deliveries = new Deliveries([seat, { client: looking }], delays);
    let diskAtOnce = 0;
    const span = await measure(stage, async () => {
      await atRate(writer.updates.length, rate)(deliveries, [seat]);
      await untilComplete([deliveries], stage.magnitudes.completeSeconds * 1000);
      diskAtOnce = await stage.server.dataBytes();
    });
    await sleep((quietSeconds - stage.magnitudes.settleSeconds) * 1000);
    const disk = await stage.server.dataBytes();
    await checkComplete(clients, base, [deliveries]);
    clients.close();
    const fresh = freshEncoding([base, ...writer.updates]).length;
    return {
      cpu: span.cpuMs,
      p99: delays.quantile(0.99),
      diskAtOnce: diskAtOnce / fresh,
      disk: disk / fresh,
      fresh: fresh / 1000,
      driver: span.driverPercent,
    };
  },
};

/** The first steps of a recorded session, in the form of josephg/editing-traces, or of a made-up one. */
function sessionOf(file: string | undefined, steps: number): Trace {
  if (file === undefined) return generateTrace(steps);
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  const session = JSON.parse(text) as Trace;
  return { ...session, txns: session.txns.slice(0, steps) };
}
