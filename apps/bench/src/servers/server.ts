import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort, sleep } from '@syncline/testing';
import type { Dialect } from '../driver/dialect.ts';
import { cpuOf, memoryOf } from '../process-usage.ts';

const START_LIMIT_MS = 20_000;

/** A server that is measured: what it is, and how it is started. */
export interface ServerKind {
  /** As it is named on the command line. */
  readonly name: string;
  /** As it is named in tables. */
  readonly title: string;
  /** The versions of its parts. */
  version(): string;
  /** How its clients talk. */
  readonly dialect: Dialect;
  /** The arguments of `node`, and what it needs in its environment. */
  command(place: { readonly port: number; readonly data: string }): {
    readonly args: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  };
}

/** A server in a process of its own, with a folder of its own for its data. */
export class Server {
  readonly kind: ServerKind;
  readonly #folder: string;
  #port = 0;
  #process: ChildProcess | undefined;

  /** @param folder is empty; whoever made it removes it. */
  constructor(kind: ServerKind, folder: string) {
    this.kind = kind;
    this.#folder = folder;
    mkdirSync(this.#data);
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  get #log(): string {
    return join(this.#folder, 'log');
  }

  /** `127.0.0.1:PORT`. */
  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error(`${this.kind.title} does not run`);
    return pid;
  }

  /** Resolves when it takes connections. @param flags for node, before the program. */
  async start(flags: readonly string[] = []): Promise<void> {
    this.#port = await freePort();
    const { args, env } = this.kind.command({ port: this.#port, data: this.#data });
    const log = openSync(this.#log, 'a');
    const child = spawn(process.execPath, [...flags, ...args], {
      stdio: ['ignore', log, log],
      env: { ...cleanEnvironment(), NODE_ENV: 'production', ...env },
    });
    this.#process = child;
    const deadline = performance.now() + START_LIMIT_MS;
    while (!(await answers(this.#port))) {
      if (child.exitCode !== null || performance.now() > deadline) {
        throw new Error(`${this.kind.title} did not start: ${this.#lastLines()}`);
      }
      await sleep(20);
    }
  }

  /** Ends it as an operator does; it may store what it still has to. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    const limit = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await exit;
    clearTimeout(limit);
  }

  /** CPU time that it has used since it was started, in milliseconds. */
  cpu(): number {
    return cpuOf(this.pid);
  }

  /** Anonymous resident memory, in bytes. */
  memory(): number {
    return memoryOf(this.pid);
  }

  /** The sum of the files that it stores documents in, in bytes. */
  async dataBytes(): Promise<number> {
    let bytes = 0;
    for (const name of await readdir(this.#data, { recursive: true })) {
      // A file may go between the listing and here: LevelDB removes old ones in the background.
      const file = await stat(join(this.#data, name)).catch(() => undefined);
      if (file?.isFile() === true) bytes += file.size;
    }
    return bytes;
  }

  #lastLines(): string {
    return readFileSync(this.#log, 'utf8').trim().split('\n').slice(-8).join('\n');
  }
}

/** Without what would change a server's settings. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(SYNCLINE_|NODE_|HOST$|PORT$|YPERSISTENCE$|GC$|CALLBACK_)/.test(name),
  );
  return Object.fromEntries(kept);
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
