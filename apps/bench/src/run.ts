import { MAGNITUDES, type Scale } from './config.ts';
import { IncompleteError } from './driver/incomplete.ts';
import type { Point } from './growth/growth.ts';
import { GROWTHS } from './growth/index.ts';
import { scenarioNamed } from './scenarios/index.ts';
import type { Numbers } from './scenarios/scenario.ts';
import { serverNamed } from './servers/index.ts';
import { Server } from './servers/server.ts';

/** What a run is asked to do; its only argument, as JSON. */
export interface RunRequest {
  readonly task: 'scenario' | 'growth';
  /** Of the scenario or the growth. */
  readonly name: string;
  readonly server: string;
  readonly scale: Scale;
  /** Where servers keep what they store; whoever asks removes it. */
  readonly folder: string;
  readonly traceFile?: string;
}

/** What it says to its parent, once. */
export type RunAnswer =
  | { readonly numbers: Numbers }
  | { readonly points: readonly Point[] }
  | {
      /** Why there are no numbers. */
      readonly failure: string;
    };

/** One scenario on one server, in a process of its own: this is the driver. */
async function run(request: RunRequest): Promise<RunAnswer> {
  const { task, name, scale, traceFile } = request;
  const server = new Server(serverNamed(request.server), request.folder);
  try {
    const magnitudes = MAGNITUDES[scale];
    const log = (line: string) => process.stderr.write(`    ${line}\n`);
    if (task === 'growth') {
      const growth = GROWTHS.find((growth) => growth.name === name);
      if (growth === undefined) throw new Error(`nothing grows by the name "${name}"`);
      return { points: await growth.run({ server, magnitudes, log }) };
    }
    await server.start();
    const stage = { server, magnitudes, traceFile };
    return { numbers: await scenarioNamed(name).run(stage) };
  } catch (error) {
    if (error instanceof IncompleteError) return { failure: error.message };
    throw error;
  } finally {
    await server.stop();
  }
}

const [request] = process.argv.slice(2);
if (request === undefined) throw new TypeError('a run is started by main.js');
const answer = await run(JSON.parse(request) as RunRequest);
process.send?.(answer, () => process.exit(0));
