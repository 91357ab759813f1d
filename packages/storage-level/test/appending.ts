import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseDocumentId } from '@syncline/protocol';
import { LevelStore } from '@syncline/storage-level';
import { expect } from 'vitest';

const APPENDER = fileURLToPath(new URL('appender.js', import.meta.url));

/** A process that appends, and what it said. */
export class Appending {
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown>;
  #output = '';

  /** @param through a command that starts the process, such as strace with its options */
  constructor(directory: string, count: number, bytes: number, through: readonly string[] = []) {
    const task = [process.execPath, APPENDER, directory, String(count), String(bytes)];
    const [command, ...args] = [...through, ...task] as [string, ...string[]];
    // One thread for all system calls on files: strace counts them by thread.
    const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
    this.#process = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#closed = once(this.#process, 'close');
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (piece: Buffer) => {
        this.#output += piece.toString();
      });
    }
  }

  get output(): string {
    return this.#output;
  }

  get states(): string[] {
    return this.#lines('state');
  }

  /** The seq of the last append that was acknowledged, 0 without one. */
  get acknowledged(): number {
    return Number(this.#lines('acknowledged').at(-1) ?? 0);
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): void {
    const pid = Number(this.#lines('pid')[0]);
    if (this.#process.exitCode === null && pid > 0) process.kill(pid, signal);
  }

  async end(): Promise<void> {
    await this.#closed;
  }

  #lines(word: string): string[] {
    const lines = this.#output.split('\n').filter((line) => line.startsWith(`${word} `));
    return lines.map((line) => line.slice(word.length + 1));
  }
}

/**
 * Holds a store to the promise: what was acknowledged is there, once, in order and without a hole.
 * @returns how many appends are there
 */
export async function expectKept(directory: string, acknowledged: number): Promise<number> {
  const store = await LevelStore.open(directory);
  try {
    const document = await store.load(parseDocumentId('document'));
    const head = document?.head ?? 0;
    // One append runs at a time, and what was not acknowledged may be there or not.
    expect(head).toBeGreaterThanOrEqual(acknowledged);
    expect(head).toBeLessThanOrEqual(acknowledged + 1);
    if (document === undefined) return 0;
    const { checkpoint, tail } = document;
    const numberOf = (update: Uint8Array) =>
      new DataView(update.buffer, update.byteOffset).getUint32(0);
    if (checkpoint !== undefined) expect(numberOf(checkpoint.update)).toBe(checkpoint.seq);
    const floor = checkpoint?.seq ?? 0;
    const expected = Array.from({ length: head - floor }, (_, index) => floor + index + 1);
    expect(tail.map(({ seq }) => seq)).toEqual(expected);
    expect(tail.map(({ update }) => numberOf(update))).toEqual(expected);
    return head;
  } finally {
    await store.close();
  }
}
