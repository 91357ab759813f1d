import { sleep } from '@syncline/testing';
import * as Y from 'yjs';
import { Clients } from '../driver/client.ts';
import { checkReaders } from '../driver/completeness.ts';
import { documentWith } from '../driver/prepared.ts';
import { seed, untilKnown } from '../driver/seed.ts';
import { endsOf, WrittenDocument } from '../driver/written-document.ts';
import { lowerBy, type Scenario } from './scenario.ts';

/** Many documents are open at the same time. */
export const memory: Scenario = {
  name: 'memory',
  title: 'Open documents',
  describe: ({ memory: { documents, bytes } }) =>
    `After a restart, ${documents} documents of ${Math.round(bytes / 1024)} KiB are opened by a client each, and stay open.`,
  figures: [
    {
      key: 'memory',
      title: 'memory an open document',
      unit: 'KB',
      better: 'lower',
      target: lowerBy(0.25),
    },
    { key: 'base', title: 'memory of the server before', unit: 'MB', better: 'lower' },
  ],
  run: async (stage) => {
    const { server } = stage;
    const { documents: count, bytes, quietSeconds } = stage.magnitudes.memory;
    const ids = Array.from({ length: count }, (_, index) => `document-${index}`);
    const content = new WrittenDocument(bytes).encoded();
    const clients = new Clients(server);
    await seed(clients, ['first', ...ids], content);
    clients.close();
    await sleep(quietSeconds * 1000);
    await server.stop();
    await server.start();

    const readers = new Clients(server);
    await untilKnown(await readers.connect(['first']), endsOf(content));
    await sleep(1_000);
    const base = server.memory();
    // A few at a time: what a storm takes is another question.
    await untilKnown(await readers.connect(ids, undefined, 10), endsOf(content));
    await sleep(quietSeconds * 1000);
    const open = server.memory() - base;
    const expected = Y.snapshot(documentWith([content]));
    checkReaders(readers.all, expected);
    readers.close();
    return { memory: open / count / 1000, base: base / 1e6 };
  },
};
