import { parseDocumentId } from '@syncline/protocol';
import { MemoryStore } from '@syncline/storage';
import { readFresh, until } from '@syncline/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import * as Y from 'yjs';
import { Metrics } from '../src/metrics.ts';
import { Tick } from '../src/tick.ts';
import { startHarness } from './harness.ts';
import { RecordingParticipant } from './recording-participant.ts';

/** Frames of all connections are read together when a tick begins, as long as ticks follow each other. */

type Harness = Awaited<ReturnType<typeof startHarness>>;

let harness: Harness;
let typing: NodeJS.Timeout;

/** Somebody types into a document all the time, so that a tick is always due. */
beforeEach(async () => {
  harness = await startHarness();
  const other = await harness.stock('other');
  typing = setInterval(() => other.text.insert(0, 'x'), 1);
});
afterEach(() => clearInterval(typing));

/** A message of y-websocket with an update that inserts a word into the text of a document. */
function updateOf(word: string): number[] {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, word);
  const update = Y.encodeStateAsUpdate(doc);
  expect(update.length).toBeLessThan(128);
  return [0, 2, update.length, ...update];
}

it('what came before a connection was closed is taken', async () => {
  for (let round = 0; round < 20; round++) {
    const word = `word ${round} `;
    const client = await harness.raw('document');
    client.send(updateOf(word));
    client.socket.close();
    await until(`${word} is stored`, async () =>
      (await readFresh(harness.url, 'document')).includes(word),
    );
  }
});

it('what came before a broken frame is taken, and nothing after it', async () => {
  for (let round = 0; round < 10; round++) {
    const client = await harness.raw('document');
    client.send(updateOf(`before ${round} `));
    client.send([99, 99, 99]);
    client.send(updateOf(`after ${round} `));
    if (round % 2 === 0) client.socket.close();
    await until('it is closed', () => client.closed !== undefined);
    await until('what came before is stored', async () =>
      (await readFresh(harness.url, 'document')).includes(`before ${round} `),
    );
  }
  expect(await readFresh(harness.url, 'document')).not.toContain('after');
});

it('frames keep their order when the tick that they wait for comes earlier', async () => {
  const store = new MemoryStore();
  const participant = new RecordingParticipant(parseDocumentId('document'), undefined);
  const tick = new Tick(store, new Metrics());
  tick.request(participant, 1);
  await tick.settled();
  tick.request(participant, 1); // is due in 25 ms
  const read: number[] = [];
  tick.read(() => read.push(1), 10);
  expect(read).toEqual([]);
  tick.request(participant, 70_000); // so much that it is due at once
  tick.read(() => read.push(2), 10);
  await tick.settled();
  expect(read).toEqual([1, 2]);
  await store.close();
});
