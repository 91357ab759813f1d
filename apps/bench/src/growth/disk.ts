import { generateTrace, sleep } from '@syncline/testing';
import { Clients } from '../driver/client.ts';
import { Deliveries, untilComplete } from '../driver/deliveries.ts';
import { pace } from '../driver/pace.ts';
import { freshEncoding, prepareTrace } from '../driver/prepared.ts';
import { seed } from '../driver/seed.ts';
import type { Growth, Point } from './growth.ts';

const DOCUMENT = 'typed';

/** What a document takes on the disk against how much was typed into it. */
export const diskGrowth: Growth = {
  name: 'growth-disk',
  title: 'Disk, by edits of a document',
  xTitle: 'updates, one after the other',
  yTitle: 'KB',
  xScale: 'linear',
  yScale: 'linear',
  lines: [
    { key: 'atOnce', title: 'at once' },
    { key: 'quiet', title: 'after a quiet time' },
    { key: 'fresh', title: "Yjs's fresh encoding" },
  ],
  expected:
    'After a quiet time it follows the fresh encoding; at once there is the log of the newest edits as well, which is bounded.',
  run: async ({ server, magnitudes, log }) => {
    const { edits, rate, quietSeconds } = magnitudes.growth.disk;
    const { base, writers } = prepareTrace(generateTrace(Math.max(...edits)));
    const [writer] = writers;
    if (writer === undefined) throw new TypeError('a session has a writer');
    await server.start();
    const clients = new Clients(server);
    await seed(clients, [DOCUMENT], base);
    const [typing, looking] = await clients.connect([DOCUMENT, DOCUMENT]);
    if (typing === undefined || looking === undefined) throw new TypeError('two clients are open');
    const seat = { client: typing, writer };
    const deliveries = new Deliveries([seat, { client: looking }]);
    const points: Point[] = [];
    let sent = 0;
    for (const mark of edits) {
      log(`${mark} edits`);
      const end = Math.min(mark, writer.updates.length);
      await pace(end - sent, rate, () => deliveries.send(seat));
      sent = end;
      await untilComplete([deliveries], magnitudes.completeSeconds * 1000);
      const atOnce = await server.dataBytes();
      await sleep(quietSeconds * 1000);
      const quiet = await server.dataBytes();
      const fresh = freshEncoding([base, ...writer.updates.slice(0, end)]).length;
      points.push({
        x: end,
        values: { atOnce: atOnce / 1000, quiet: quiet / 1000, fresh: fresh / 1000 },
      });
    }
    clients.close();
    return points;
  },
};
