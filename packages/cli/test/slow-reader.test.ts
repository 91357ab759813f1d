import {
  anonymousMemory,
  RawClient,
  ServerProcess,
  StockClient,
  TemporaryDirectory,
  until,
} from '@syncline/testing';
import { expect, it } from 'vitest';
import * as Y from 'yjs';

const WRITES = 1_000;
/** More than a tick waits for: none of the writes waits for its turn. */
const VALUE = 'x'.repeat(70_000);

it('a reader that stops reading costs the server little and the others nothing', async () => {
  const data = await TemporaryDirectory.make();
  const server = new ServerProcess(data);
  await server.start();
  try {
    const [writer, watcher] = [
      await new StockClient(server.url, 'document').synced(),
      await new StockClient(server.url, 'document').synced(),
    ];
    const map = writer.doc.getMap('map');
    const write = async (value: string): Promise<number> => {
      const start = performance.now();
      map.set('key', value);
      await until('the watcher has it', () => watcher.doc.getMap('map').get('key') === value);
      return performance.now() - start;
    };
    const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
    // Before, so that the memory that the server needs for such writes at all is there already.
    // Garbage makes memory go up and down all the time: its peaks are compared with each other.
    let most = 0;
    const sample = async () => {
      most = Math.max(most, await anonymousMemory(server.pid as number));
    };
    const alone: number[] = [];
    for (let i = 0; i < WRITES; i++) {
      alone.push(await write(`${VALUE}before ${i}`));
      if (i % 10 === 0) await sample();
    }

    const slow = await RawClient.connect(server.url, 'document');
    slow.send([0, 0, 1, 0]);
    await slow.frame(0, 1);
    slow.socket.pause();
    const before = most;
    most = 0;
    const beside: number[] = [];
    for (let i = 0; i < WRITES; i++) {
      beside.push(await write(`${VALUE}${i}`));
      if (i % 10 === 0) await sample();
    }
    const grown = (most - before) / 1024 / 1024;
    console.info(
      `median delay ${median(alone).toFixed(1)} ms alone, ${median(beside).toFixed(1)} ms beside; ` +
        `memory grew by ${grown.toFixed(1)} MiB`,
    );
    // Of the 67 MiB; the buffers of a busy collector come and go.
    expect(grown).toBeLessThan(36);
    expect(median(beside)).toBeLessThanOrEqual(Math.max(2 * median(alone), 20));

    slow.socket.resume();
    const reader = new Y.Doc();
    let applied = 0;
    await until('the slow reader has caught up', () => {
      for (; applied < slow.frames.length; applied++) {
        const frame = slow.frames[applied] as Uint8Array;
        if (frame[0] === 0 && frame[1] !== 0) Y.applyUpdate(reader, frame.subarray(bodyOf(frame)));
      }
      return reader.getMap('map').get('key') === `${VALUE}${WRITES - 1}`;
    });
    expect(applied).toBeLessThan(WRITES);
    slow.destroy();
    writer.destroy();
    watcher.destroy();
  } finally {
    await server.kill('SIGKILL');
    await data.remove();
  }
}, 120_000);

/** Where the update of a sync message begins: behind two bytes and its length. */
function bodyOf(frame: Uint8Array): number {
  let at = 2;
  while ((frame[at] as number) > 127) at++;
  return at + 1;
}
