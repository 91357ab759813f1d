import { writesOf } from '../process-usage.ts';
import type { Server } from '../servers/server.ts';

/** What a server did, in counts that are the same on a slow machine and on a fast one. */
export interface Counts {
  /** Frames that were sent, and their bytes. */
  readonly framesOut: number;
  readonly bytesOut: number;
  /** System calls that write, to sockets and files. */
  readonly writes: number;
  readonly commits: number;
  /** Bytes that were allocated in the heap and outside of it. */
  readonly allocated: number;
}

const MIB = 2 ** 20;

/**
 * Nothing is collected in so large a nursery while a case runs, so what is in use has been allocated.
 * For `node`, in MiB.
 */
export const HEAP_FLAGS = ['--min-semi-space-size=512', '--max-semi-space-size=512'];

/** What a server counted since it was started. */
export class Counter {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  /** What the server does while `work` is done. @throws Error when garbage was collected meanwhile. */
  async during(work: () => Promise<void>): Promise<Counts> {
    // What reading the metrics takes is taken off.
    const [first, before] = [await this.#read(), await this.#read()];
    await work();
    const after = await this.#read();
    if (after.collections > first.collections) {
      const mib = Math.round((after.counts.allocated - before.counts.allocated) / MIB);
      throw new Error(
        `garbage was collected, so nobody knows what was allocated (${mib} MiB left)`,
      );
    }
    const spent = (key: keyof Counts) =>
      after.counts[key] - before.counts[key] - (before.counts[key] - first.counts[key]);
    return {
      framesOut: spent('framesOut'),
      bytesOut: spent('bytesOut'),
      writes: spent('writes'),
      commits: spent('commits'),
      allocated: spent('allocated'),
    };
  }

  async #read(): Promise<{ readonly counts: Counts; readonly collections: number }> {
    const response = await fetch(`http://${this.#server.address}/metrics`);
    const sums = sumMetrics(await response.text());
    const of = (name: string) => {
      const value = sums.get(name);
      if (value === undefined) throw new Error(`the server has no metric ${name}`);
      return value;
    };
    const counts = {
      framesOut: of('syncline_frames_out_total'),
      bytesOut: of('syncline_bytes_out_total'),
      writes: writesOf(this.#server.pid),
      commits: of('syncline_ticks_total'),
      allocated: of('nodejs_heap_size_used_bytes') + of('nodejs_external_memory_bytes'),
    };
    return { counts, collections: sums.get('nodejs_gc_duration_seconds_count') ?? 0 };
  }
}

/** The sums of all metrics of a name, whatever their labels, from Prometheus's text format. */
export function sumMetrics(text: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^(\w+)(?:\{.*\})? (\S+)$/.exec(line);
    const [, name, value] = match ?? [];
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return sums;
}
