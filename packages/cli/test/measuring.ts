import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { encodeUpdate } from '@syncline/protocol';
import { until } from '@syncline/testing';
import { WebSocket } from 'ws';

/** Clock ticks a second, as Linux counts CPU time for programs. */
const TICKS = 100;

/** The CPU time of a process, and of those that it started and that have ended, in seconds. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // After the name, which may have spaces: state is the first, utime and stime are the 12th and 13th,
  // those of children that have ended follow.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0) / TICKS;
}

/** The same, with the processes that it started and that run. */
export async function cpuOfFamily(parent: number): Promise<number> {
  let seconds = await cpuSeconds(parent);
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const ppid = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    if (Number(ppid) === parent) seconds += await cpuSeconds(Number(name));
  }
  return seconds;
}

/** A client of y-websocket without a document: it counts what comes. */
export class CountingClient {
  frames = 0;
  bytes = 0;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      this.frames++;
      this.bytes += data.length;
    });
  }

  static async join(url: string, documentId: string): Promise<CountingClient> {
    const socket = new WebSocket(`${url}/${documentId}`, { perMessageDeflate: false });
    await once(socket, 'open');
    const client = new CountingClient(socket);
    socket.send(Uint8Array.of(0, 0, 1, 0)); // it has nothing
    await until('it is synced', () => client.frames > 0);
    return client;
  }

  send(update: Uint8Array): void {
    this.sendFrame(encodeUpdate(update));
  }

  sendFrame(frame: Uint8Array): void {
    this.#socket.send(frame);
  }

  close(): void {
    this.#socket.terminate();
  }
}
