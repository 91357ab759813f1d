import { Running } from './running.ts';

/** A `syncline serve` with settings of its own, in a folder. */
export class Serving extends Running {
  /** `http://HOST:PORT` */
  url = '';

  /** Resolves when it can serve. */
  static async start(
    folder: string,
    args: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
  ): Promise<Serving> {
    const serving = new Serving(folder, ['serve', '--port', '0', ...args], env);
    await new Promise<void>((resolve, reject) => {
      serving.child.stdout?.on('data', (chunk: Buffer) => {
        serving.url = /http:\/\/\S+/.exec(chunk.toString())?.[0] ?? '';
        resolve();
      });
      serving.child.once('exit', () => reject(new Error(`it did not start: ${serving.log}`)));
    });
    return serving;
  }

  get webSocketUrl(): string {
    return this.url.replace('http', 'ws');
  }
}
