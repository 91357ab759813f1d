import { sleep } from '@syncline/testing';
import { decodeStateVector, encodeStateVectorFromUpdate } from 'yjs';
import { Clients, type Knowledge, knowsNothing } from '../driver/client.ts';
import { seed, untilKnown } from '../driver/seed.ts';
import { WrittenDocument } from '../driver/written-document.ts';
import { measure } from '../scenarios/scenario.ts';
import type { Growth, Point } from './growth.ts';

/** What a join costs against the size of the document. */
export const joinGrowth: Growth = {
  name: 'growth-join',
  title: 'CPU of a join, by size of the document',
  xTitle: 'KB of the document',
  yTitle: 'ms a join',
  xScale: 'logarithmic',
  yScale: 'logarithmic',
  lines: [
    { key: 'anew', title: 'a client that has nothing' },
    { key: 'back', title: 'a client that comes back' },
  ],
  expected:
    'Linear for large documents: the bytes have to be written to the socket. Joins share what can be shared, so this is the cost of one of many.',
  run: async ({ server, magnitudes, log }) => {
    const { bytes: sizes, joins: limits, quietSeconds } = magnitudes.growth.join;
    await server.start();
    const points: Point[] = [];
    for (const bytes of sizes) {
      log(`${Math.round(bytes / 1000)} KB`);
      // Enough to be seen by a clock of 10 ms.
      const joins = Math.min(limits.most, Math.max(limits.least, Math.ceil(limits.bytes / bytes)));
      const documentId = `of-${bytes}`;
      const written = new WrittenDocument(bytes);
      const away = written.departure();
      written.write(4);
      const all = written.encoded();
      const ends = decodeStateVector(encodeStateVectorFromUpdate(all));
      const clients = new Clients(server);
      await seed(clients, [documentId], all);
      // Somebody stays, so that the document stays open.
      await untilKnown(await clients.connect([documentId]), ends);
      await sleep(quietSeconds * 1000);
      const join = async (knowledge: Knowledge) => {
        const { cpuMs } = await measure(
          { server, magnitudes },
          async () => {
            for (let left = joins; left > 0; left--) {
              const client = clients.create(documentId, knowledge);
              await client.opened;
              await untilKnown([client], ends);
              client.close();
            }
          },
          1,
        );
        return cpuMs / joins;
      };
      const anew = await join(knowsNothing);
      const back = await join(away(all));
      points.push({ x: all.length / 1000, values: { anew, back } });
      clients.close();
    }
    return points;
  },
};
