import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

const PROGRAM = process.env['REDIS_SERVER'] ?? 'redis-server';
const START_LIMIT_MS = 15_000;

/** A Redis of one test file, on a port of its own and without a file, which may be stopped as one likes. */
export class RedisServer {
  readonly port: number;
  readonly #directory: TemporaryDirectory;
  #process: ChildProcess | undefined;

  private constructor(directory: TemporaryDirectory, port: number) {
    this.#directory = directory;
    this.port = port;
  }

  /** Whether there is the program. Says so when not; with `CI=true` that is an error. */
  static async isInstalled(): Promise<boolean> {
    try {
      await promisify(execFile)(PROGRAM, ['--version']);
      return true;
    } catch (cause) {
      if (process.env['CI'] === 'true') throw new Error('there is no redis-server', { cause });
      console.warn('SKIPPED: there is no redis-server');
      return false;
    }
  }

  /** Chooses a port, and starts nothing. */
  static async make(): Promise<RedisServer> {
    return new RedisServer(await TemporaryDirectory.make(), await freePort());
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('redis-server does not run');
    return pid;
  }

  /**
   * Starts it, and resolves when it takes connections.
   * @param settings flags and their values, such as `--requirepass`, `secret`
   */
  async start(...settings: string[]): Promise<void> {
    const flags = [
      '--port',
      String(this.port),
      '--bind',
      '127.0.0.1',
      '--dir',
      this.#directory.path,
    ];
    const child = spawn(PROGRAM, [...flags, '--save', '', '--appendonly', 'no', ...settings], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const fail = () => reject(new Error(`redis-server did not start: ${output}`));
      const limit = setTimeout(fail, START_LIMIT_MS);
      child.once('error', reject);
      child.once('exit', fail);
      child.stdout.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-10_000);
        if (!output.includes('Ready to accept connections')) return;
        clearTimeout(limit);
        resolve();
      });
    });
  }

  /** Runs a command of words without spaces, and gives the first line of the answer. */
  async command(...words: readonly string[]): Promise<string> {
    const socket = createConnection({ host: '127.0.0.1', port: this.port });
    try {
      socket.write(`${words.join(' ')}\r\n`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      return answer.toString().trimEnd();
    } finally {
      socket.destroy();
    }
  }

  /** Lets it not run, so that its connections are open and silent. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  async remove(): Promise<void> {
    await this.kill();
    await this.#directory.remove();
  }
}
