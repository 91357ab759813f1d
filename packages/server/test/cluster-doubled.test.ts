import { setTimeout as sleep } from 'node:timers/promises';
import { parseDocumentId } from '@syncline/protocol';
import type { Entry, Epoch } from '@syncline/storage';
import { until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { startCluster } from './cluster.ts';

const id = parseDocumentId('document');

/** A cluster of two, a document of four words, one an entry, and somebody who has it open on the second node. */
async function startWithDoubled() {
  const { nodes, store } = await startCluster(2);
  const [a, b] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
  const writer = await a.yWebsocket('document').synced();
  const write = async (word: string) => {
    const { head } = (await store.inspect(id)) ?? { head: 0 };
    writer.text.insert(writer.text.length, word);
    await until('it is stored', async () => ((await store.inspect(id))?.head ?? 0) > head);
  };
  for (const word of ['one ', 'two ', 'three ']) await write(word);
  // From now on the room of the second node has these three as one update.
  const reader = await b.yWebsocket('document').synced();
  await reader.hasContent('one two three ');
  const stored = await store.load(id);
  const entries = stored?.tail as readonly Entry[];
  const epoch = stored?.epoch as Epoch;
  /** As a node does that never got the answer to a commit. */
  const commitAgain = async (...again: readonly Entry[]) => {
    await store.append([{ documentId: id, entries: again, epoch }]);
    for (const { bus } of nodes) bus.missed();
    const { head } = (await store.inspect(id)) as { head: number };
    for (const node of nodes) {
      const session = await (await node.syncline()).attach('document');
      await until('the node has them', () => session.cursor === head);
    }
  };
  return { nodes, store, writer, reader, write, entries, commitAgain };
}

describe('entries that are in the log twice', () => {
  it('keep nothing from somebody who joins', async () => {
    const { nodes, entries, write, commitAgain } = await startWithDoubled();
    await write('four');
    await commitAgain(entries[0] as Entry);
    for (const node of nodes) {
      const clients = [
        await node.yWebsocket('document').synced(),
        await node.hocuspocus('document').synced(),
        await (await (await node.syncline()).attach('document')).synced(),
      ];
      for (const { content, doc } of clients) {
        expect(content).toBe('one two three four');
        expect(doc.store.pendingStructs).toBeNull();
      }
    }
  });

  it('come to nobody a second time, and let others go on', async () => {
    const { nodes, reader, write, entries, commitAgain } = await startWithDoubled();
    const session = await (await (nodes[1] as (typeof nodes)[0]).syncline()).attach('document');
    await session.synced();
    const count = session.all('entries').length;
    await commitAgain(...entries.slice(1));
    const later = session.all('entries').slice(count);
    expect(later.map(({ update }) => Buffer.from(update).toString('hex'))).toEqual(['0000']);
    await write('four');
    await reader.hasContent('one two three four');
    await session.hasContent('one two three four');
  });

  it('lose nothing when it happens again and again, at once or late, on nodes that write', async () => {
    const { nodes } = await startCluster(2, { isLate: true });
    const late: (() => Promise<unknown>)[] = [];
    for (const node of nodes) {
      const append = node.store.append.bind(node.store);
      node.store.append = async (appends, options) => {
        if (Math.random() < 0.2) await append(appends, options); // and the answer is lost
        const answers = await append(appends, options);
        const epochs = answers.map((answer) =>
          typeof answer === 'object' ? answer.epoch : undefined,
        );
        late.push(() => append(appends.map((each, i) => ({ ...each, epoch: epochs[i] }))));
        return answers;
      };
    }
    const clients = await Promise.all(nodes.map((node) => node.yWebsocket('document').synced()));
    for (let round = 0; round < 120; round++) {
      const { text } = clients[round % 2] as (typeof clients)[0];
      text.insert(Math.floor(Math.random() * (text.length + 1)), `${round} `);
      if (round % 3 === 0) await sleep(Math.random() * 15);
      // A node is thawed, and its old statement goes through.
      if (round % 10 === 9) await late[Math.floor(Math.random() * late.length)]?.();
      if (round % 30 === 29) for (const { bus } of nodes) bus.missed();
    }
    await until('both have all', () => {
      const [one, two] = clients.map(({ content }) => content);
      return one === two && one?.split(' ').length === 121;
    });
    const { content } = clients[0] as (typeof clients)[0];
    for (const node of nodes) {
      const fresh = [
        await node.yWebsocket('document').synced(),
        await (await (await node.syncline()).attach('document')).synced(),
      ];
      for (const reader of fresh) {
        expect(reader.content).toBe(content);
        expect(reader.doc.store.pendingStructs).toBeNull();
      }
    }
  });
});
