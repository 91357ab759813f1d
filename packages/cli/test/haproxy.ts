import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { freePort, until } from '@syncline/testing';
import { REPOSITORY } from './deployment.ts';

const PROGRAM = process.env['HAPROXY'] ?? 'haproxy';

/** A HAProxy with deploy/haproxy.cfg, on a port of its own. */
export class Balancer {
  readonly #child: ChildProcess;
  /** `http://HOST:PORT` */
  readonly url: string;
  /** What it logged: a line for each request that ended, among others. */
  log = '';

  private constructor(port: number, environment: Readonly<Record<string, string>>) {
    this.url = `http://127.0.0.1:${port}`;
    this.#child = spawn(PROGRAM, ['-db', '-f', `${REPOSITORY}deploy/haproxy.cfg`], {
      env: { ...process.env, ...environment, LISTEN: `127.0.0.1:${port}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.log += chunk.toString();
      });
    }
  }

  /** Whether there is the program. Says so when not; with `CI=true` that is an error. */
  static async isInstalled(): Promise<boolean> {
    try {
      await promisify(execFile)(PROGRAM, ['-v']);
      return true;
    } catch (cause) {
      if (process.env['CI'] === 'true') throw new Error('there is no haproxy', { cause });
      console.warn('SKIPPED: there is no haproxy');
      return false;
    }
  }

  /**
   * Resolves when it passes requests on.
   * @param nodes what compose.yaml sets for it, with addresses that are here: `{ NODE_1: '127.0.0.1:4001', … }`
   */
  static async start(nodes: Readonly<Record<string, string>>): Promise<Balancer> {
    const balancer = new Balancer(await freePort(), nodes);
    await until('the balancer answers', async () => {
      if (balancer.#child.exitCode !== null) throw new Error(`it did not start: ${balancer.log}`);
      const answer = await fetch(`${balancer.url}/healthz`).catch(() => undefined);
      return answer?.status === 200;
    });
    return balancer;
  }

  get webSocketUrl(): string {
    return this.url.replace('http', 'ws');
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}
