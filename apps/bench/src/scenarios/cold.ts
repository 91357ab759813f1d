import { sleep } from '@syncline/testing';
import * as Y from 'yjs';
import { Clients } from '../driver/client.ts';
import { checkComplete, checkReaders } from '../driver/completeness.ts';
import { Deliveries, untilComplete } from '../driver/deliveries.ts';
import { pace } from '../driver/pace.ts';
import { documentWith, prepareTyping } from '../driver/prepared.ts';
import { seed, untilKnown } from '../driver/seed.ts';
import { endsOf, WrittenDocument } from '../driver/written-document.ts';
import { lowerBy, measure, type Scenario } from './scenario.ts';

/** Documents are opened after a restart. */
export const cold: Scenario = {
  name: 'cold',
  title: 'Cold open',
  describe: ({ cold: { documents, bytes, edits, quietSeconds } }) =>
    `${documents} documents of ${Math.round(bytes / 1024)} KiB get ${edits} edits each; after ${quietSeconds} quiet seconds the server is restarted, and they are opened one after the other.`,
  figures: [
    { key: 'cpu', title: 'CPU a document', unit: 'ms', better: 'lower', target: lowerBy(0.3) },
    { key: 'wall', title: 'until a client has all of it', unit: 'ms', better: 'lower' },
  ],
  run: async (stage) => {
    const { documents: count, bytes, edits, editRate, quietSeconds } = stage.magnitudes.cold;
    const ids = Array.from({ length: count }, (_, index) => `document-${index}`);
    const typing = prepareTyping(1, edits);
    const [writer] = typing.writers;
    if (writer === undefined) throw new TypeError('a document has a writer');
    const base = Y.mergeUpdates([typing.base, new WrittenDocument(bytes).encoded()]);
    const clients = new Clients(stage.server);
    await seed(clients, ids, base);
    const open = await clients.connect(ids);
    await untilKnown(open, endsOf(base));
    const documents = open.map((client) => new Deliveries([{ client, writer }]));
    await pace(count * edits, editRate, (index) => {
      const document = documents[index % count];
      const seat = document?.seats[0];
      if (seat !== undefined) document?.send(seat);
    });
    await untilComplete(documents, stage.magnitudes.completeSeconds * 1000);
    await checkComplete(clients, base, documents);
    clients.close();
    await sleep(quietSeconds * 1000);

    await stage.server.stop();
    await stage.server.start();
    const all = [base, ...writer.updates];
    const expected = Y.snapshot(documentWith(all));
    const ends = new Map(Y.decodeStateVector(Y.encodeStateVector(documentWith(all))));
    const readers = new Clients(stage.server);
    const span = await measure(
      stage,
      async () => {
        for (const id of ids) {
          const reader = readers.create(id);
          await reader.opened;
          await untilKnown([reader], ends);
        }
      },
      1,
    );
    checkReaders(readers.all, expected);
    readers.close();
    return { cpu: span.cpuMs / count, wall: span.wallMs / count };
  },
};
