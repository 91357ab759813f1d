import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Backend } from './backend.ts';

/** The command as it is built and installed. */
const COMMAND = fileURLToPath(new URL('../../cli/bin/syncline.js', import.meta.url));
const START_LIMIT_MS = 15_000;

/** A `syncline serve` in a process of its own, which can be killed and started again. */
export class ServerProcess {
  readonly #backend: Pick<Backend, 'args'>;
  #port = 0;
  #process: ChildProcess | undefined;
  #output = { stdout: '', stderr: '' };

  /** @param backend where its documents are; servers that have one in common are nodes of a cluster */
  constructor(backend: Pick<Backend, 'args'>) {
    this.#backend = backend;
  }

  /** `ws://HOST:PORT`, the same after each start. */
  get url(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Whether the process that was started last has not ended. */
  get isRunning(): boolean {
    const child = this.#process;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** What the process wrote since it was started last. */
  get output(): { readonly stdout: string; readonly stderr: string } {
    return this.#output;
  }

  /** Starts the server, and resolves when it says that it is ready. @param flags for node, before the program. */
  async start(flags: readonly string[] = []): Promise<void> {
    const output = { stdout: '', stderr: '' };
    this.#output = output;
    const child = spawn(
      process.execPath,
      [...flags, COMMAND, 'serve', '--port', String(this.#port), ...this.#backend.args],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#process = child;
    child.stderr.on('data', (chunk: Buffer) => {
      output.stderr += chunk.toString();
    });
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error('the server did not start')), START_LIMIT_MS);
      child.stdout.on('data', (chunk: Buffer) => {
        output.stdout += chunk.toString();
        const port = /http:\/\/[^\s:]+:(\d+)/.exec(output.stdout)?.[1];
        if (port === undefined) return;
        this.#port = Number(port);
        clearTimeout(limit);
        resolve();
      });
      child.once('exit', (code) => {
        clearTimeout(limit);
        reject(new Error(`the server ended with ${code}: ${output.stderr}`));
      });
    });
  }

  /** Ends the process with a signal; resolves with its exit code, null when the signal ended it. */
  async kill(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#process;
    if (child === undefined || !this.isRunning) return null;
    const exit = once(child, 'exit');
    child.kill(signal);
    const [code] = (await exit) as [number | null];
    return code;
  }

  /** Lets it not run, so that its connections are open and silent. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }
}
