import type { Scale } from '../config.ts';
import type { Point } from '../growth/growth.ts';
import type { Numbers } from '../scenarios/scenario.ts';
import type { Pace } from './machine-pace.ts';

/** What one scenario yielded on one server in one round. */
export interface Result {
  readonly scenario: string;
  readonly server: string;
  /** From 1 on. */
  readonly round: number;
  readonly numbers?: Numbers;
  /** Why there are no numbers. */
  readonly failure?: string;
}

/** Where it was measured. */
export interface Machine {
  readonly cores: number;
  readonly model: string;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  /** Processes that wanted a core, on average of a minute, when the run began. */
  readonly load: number;
  readonly pace: Pace;
}

/** A server that took part. */
export interface Contestant {
  readonly name: string;
  readonly title: string;
  readonly version: string;
}

/** All that a call of `npm run bench` found; it is written as JSON, and reports are made of it. */
export interface RunResults {
  /** ISO 8601. */
  readonly started: string;
  readonly minutes: number;
  readonly scale: Scale;
  readonly rounds: number;
  /** Of the repository; with `+` when there were changes that are not in it. */
  readonly commit: string;
  readonly traceFile?: string;
  readonly machine: Machine;
  readonly servers: readonly Contestant[];
  /** Names of the scenarios that were run. */
  readonly scenarios: readonly string[];
  readonly results: readonly Result[];
  readonly growth: readonly GrowthResult[];
}

/** How one cost grew. */
export interface GrowthResult {
  readonly name: string;
  /** Of the repository when this was measured, which takes its time and may be left out of a run. */
  readonly commit: string;
  readonly points?: readonly Point[];
  readonly failure?: string;
}
