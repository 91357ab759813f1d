import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../bin/syncline.js', import.meta.url));

/** A `syncline serve` with settings of its own, in a folder. */
export class Serving {
  readonly #child: ChildProcess;
  /** What it logged. */
  log = '';
  /** `http://HOST:PORT` */
  url = '';

  private constructor(folder: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, [COMMAND, 'serve', '--port', '0', ...args], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
    });
  }

  /** Resolves when it can serve. */
  static async start(
    folder: string,
    args: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
  ): Promise<Serving> {
    const serving = new Serving(folder, args, env);
    const child = serving.#child;
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        serving.url = /http:\/\/\S+/.exec(chunk.toString())?.[0] ?? '';
        resolve();
      });
      child.once('exit', () => reject(new Error(`it did not start: ${serving.log}`)));
    });
    return serving;
  }

  get webSocketUrl(): string {
    return this.url.replace('http', 'ws');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves with its exit code, null when a signal ended it. */
  async ended(): Promise<number | null> {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended();
  }
}
