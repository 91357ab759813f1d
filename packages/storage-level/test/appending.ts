import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseDocumentId } from '@syncline/protocol';
import { LevelStore } from '@syncline/storage-level';
import { expect } from 'vitest';

/** A process that writes to a store, and what it said. */
export class Appending {
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown>;
  #output = '';

  /**
   * @param through a command that starts the process, such as strace with its options
   * @param script what the process runs: a file beside this one
   */
  constructor(
    directory: string,
    count: number,
    bytes: number,
    through: readonly string[] = [],
    script: 'appender.js' | 'deleter.js' = 'appender.js',
  ) {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const task = [process.execPath, path, directory, String(count), String(bytes)];
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

  /** The number of the last append or deletion that was acknowledged, 0 without one. */
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

/**
 * Holds a store to the promise on deletions: the log is gone when its tombstone is there, and the
 * tombstone of the deletion before is there until then.
 */
export async function expectDeleted(directory: string, acknowledged: number): Promise<void> {
  const store = await LevelStore.open(directory);
  try {
    const id = parseDocumentId('document');
    const tombstone = await store.tombstone(id);
    const deleted = tombstone === undefined ? 0 : numberOf(tombstone);
    // One deletion runs at a time, and what was not acknowledged may have happened or not.
    expect(deleted).toBeGreaterThanOrEqual(acknowledged);
    expect(deleted).toBeLessThanOrEqual(acknowledged + 1);
    const document = await store.load(id);
    const updates = [document?.checkpoint, ...(document?.tail ?? [])].flatMap(
      (part) => part?.update ?? [],
    );
    if (document !== undefined) expect(updates.map(numberOf)).toEqual([deleted + 1]);
  } finally {
    await store.close();
  }
}

/** The number that a process put at the beginning of what it stored. */
function numberOf(update: Uint8Array): number {
  return new DataView(update.buffer, update.byteOffset).getUint32(0);
}
