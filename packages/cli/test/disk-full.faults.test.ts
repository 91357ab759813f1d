import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  readFresh,
  ServerProcess,
  StockClient,
  sleep,
  TemporaryDirectory,
  until,
} from '@syncline/testing';
import { expect, it } from 'vitest';

it('a full disk loses nothing that was shown, and needs no restart when there is room again', async () => {
  const data = await TemporaryDirectory.make();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', data.path]);
  const server = new ServerProcess(data);
  try {
    await server.start();
    const { pid } = server;
    const writer = await new StockClient(server.url, 'document').synced();
    const watcher = await new StockClient(server.url, 'document').synced();
    const isReady = async () => (await fetch(`${server.httpUrl}/readyz`)).status === 200;
    for (let round = 0; round < 3; round++) {
      const filler = join(data.path, 'filler');
      const fillDisk = () => {
        try {
          writeFileSync(filler, Buffer.alloc(40 * 1024 * 1024), { flag: 'a' });
        } catch {
          // It is full: that is what is wanted.
        }
      };
      fillDisk();
      await until('the server notices', async () => {
        // Larger than what LevelDB has set aside for its log.
        writer.text.insert(writer.text.length, `${round}`.repeat(20_000));
        await sleep(20);
        return !(await isReady());
      });
      // Reads go on, from what is committed; nobody sees what is not.
      const shown = watcher.content;
      expect(await readFresh(server.url, 'document')).toBe(shown);
      await sleep(500);
      expect(await isReady()).toBe(false);
      rmSync(filler);
      await until('it is ready again', isReady, 20_000);
      await watcher.hasContent(writer.content, 20_000);
      writer.text.delete(0, writer.text.length - 10);
      await watcher.hasContent(writer.content, 20_000);
    }
    expect(server.pid).toBe(pid);
    const { content } = writer;
    writer.destroy();
    watcher.destroy();
    await server.kill('SIGKILL');
    await server.start();
    expect(await readFresh(server.url, 'document')).toBe(content);
  } finally {
    await server.kill('SIGKILL');
    execFileSync('umount', [data.path]);
    await data.remove();
  }
}, 120_000);
