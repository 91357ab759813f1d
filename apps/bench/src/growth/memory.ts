import { sleep } from '@syncline/testing';
import { Clients } from '../driver/client.ts';
import { seed, untilKnown } from '../driver/seed.ts';
import { endsOf, WrittenDocument } from '../driver/written-document.ts';
import type { Growth, Point } from './growth.ts';

/** Memory of a server that was started on so many documents, of which none is open. */
export const storedGrowth: Growth = {
  name: 'growth-stored',
  title: 'Memory, by stored documents',
  xTitle: 'stored documents of 20 KiB, none of them open',
  yTitle: 'MB of memory',
  xScale: 'linear',
  yScale: 'linear',
  lines: [{ key: 'memory', title: 'anonymous resident memory' }],
  expected:
    'A document that nobody opened takes room on the disk alone: memory rises to what V8 and LevelDB keep for themselves, and levels off.',
  run: async ({ server, magnitudes, log }) => {
    const { bytes, stored, quietSeconds } = magnitudes.growth.memory;
    const content = new WrittenDocument(bytes).encoded();
    const points: Point[] = [];
    let there = 0;
    for (const count of stored) {
      log(`${count} stored`);
      await server.start();
      const clients = new Clients(server);
      const ids = Array.from({ length: count - there }, (_, index) => `document-${there + index}`);
      await seed(clients, ids, content);
      there = count;
      clients.close();
      await sleep(quietSeconds * 1000);
      await server.stop();
      await server.start();
      await sleep(quietSeconds * 1000);
      points.push({ x: count, values: { memory: server.memory() / 1e6 } });
      await server.stop();
    }
    return points;
  },
};

/** Memory against documents that are open at the same time. */
export const openGrowth: Growth = {
  name: 'growth-open',
  title: 'Memory, by open documents',
  xTitle: 'open documents of 20 KiB, with a client each',
  yTitle: 'MB of memory',
  xScale: 'linear',
  yScale: 'linear',
  lines: [{ key: 'memory', title: 'anonymous resident memory' }],
  expected: 'Linear: each open document takes its bytes, an index of them, and a connection.',
  run: async ({ server, magnitudes, log }) => {
    const { bytes, open, quietSeconds } = magnitudes.growth.memory;
    const content = new WrittenDocument(bytes).encoded();
    const most = Math.max(...open);
    const ids = Array.from({ length: most }, (_, index) => `document-${index}`);
    await server.start();
    const clients = new Clients(server);
    await seed(clients, ids, content);
    clients.close();
    await sleep(quietSeconds * 1000);
    await server.stop();
    await server.start();
    const readers = new Clients(server);
    const points: Point[] = [];
    let there = 0;
    for (const count of open) {
      log(`${count} open`);
      const opened = await readers.connect(ids.slice(there, count), undefined, 10);
      await untilKnown(opened, endsOf(content));
      there = count;
      await sleep(quietSeconds * 1000);
      points.push({ x: count, values: { memory: server.memory() / 1e6 } });
    }
    readers.close();
    return points;
  },
};
