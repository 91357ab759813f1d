import { sleep } from '@syncline/testing';
import type { Magnitudes } from '../config.ts';
import type { Server } from '../servers/server.ts';

/** How numbers of a figure are written. */
export type Unit = 'µs' | 'ms' | 's' | 'MB' | 'KB' | '/s' | '×' | '%';

/** What a figure is to be: in proportion to the better peer's of the same run, or by itself. */
export interface Target {
  readonly of: 'better peer' | 'itself';
  readonly bound: 'at most' | 'at least';
  readonly value: number;
}

/** A number that a scenario yields. */
export interface Figure {
  readonly key: string;
  readonly title: string;
  readonly unit: Unit;
  readonly better: 'lower' | 'higher';
  readonly target?: Target;
  /** Helps to read the others, and is not compared. */
  readonly isContext?: true;
}

/** By the figures' keys. */
export type Numbers = Readonly<Record<string, number>>;

/** Where a scenario runs: a server that was just started, with nothing in its store. */
export interface Stage {
  readonly server: Server;
  readonly magnitudes: Magnitudes;
  /** The recorded session to type, if one was given. */
  readonly traceFile: string | undefined;
}

export interface Scenario {
  /** As it is named on the command line. */
  readonly name: string;
  readonly title: string;
  /** What happens, in one or two sentences with the magnitudes. */
  describe(magnitudes: Magnitudes): string;
  readonly figures: readonly Figure[];
  /** @throws IncompleteError when somebody did not get all: then there are no numbers. */
  run(stage: Stage): Promise<Numbers>;
}

/** What a piece of work took. */
export interface Span {
  /** The server's CPU time, until what it stores later was stored. */
  readonly cpuMs: number;
  /** Until the work was done. */
  readonly wallMs: number;
  /** How much of one core the driver took: close to 100, and it was the driver that was measured. */
  readonly driverPercent: number;
}

export async function measure(
  { server, magnitudes }: Pick<Stage, 'server' | 'magnitudes'>,
  work: () => Promise<void>,
  settleSeconds = magnitudes.settleSeconds,
): Promise<Span> {
  const cpu = server.cpu();
  const driver = process.cpuUsage();
  const started = performance.now();
  await work();
  const wallMs = performance.now() - started;
  const { user, system } = process.cpuUsage(driver);
  await sleep(settleSeconds * 1000);
  return {
    cpuMs: server.cpu() - cpu,
    wallMs,
    driverPercent: (user + system) / 10 / wallMs,
  };
}

export function lowerBy(value: number): Target {
  return { of: 'better peer', bound: 'at most', value };
}

export function higherBy(value: number): Target {
  return { of: 'better peer', bound: 'at least', value };
}

export const driverFigure: Figure = {
  key: 'driver',
  title: "driver's share of a core",
  unit: '%',
  better: 'lower',
  isContext: true,
};
