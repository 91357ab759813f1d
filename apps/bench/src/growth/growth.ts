import type { Magnitudes } from '../config.ts';
import type { Server } from '../servers/server.ts';

/** One measurement: so much of what grows, and what it cost, by the lines' keys. */
export interface Point {
  readonly x: number;
  readonly values: Readonly<Record<string, number>>;
}

export interface GrowthStage {
  /** Not started yet. */
  readonly server: Server;
  readonly magnitudes: Magnitudes;
  readonly log: (line: string) => void;
}

/** How a cost of Syncline grows with what it depends on. */
export interface Growth {
  readonly name: string;
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  /** Whether the points lie apart by factors. */
  readonly xScale: 'linear' | 'logarithmic';
  readonly yScale: 'linear' | 'logarithmic';
  readonly lines: readonly { readonly key: string; readonly title: string }[];
  /** What one should see. */
  readonly expected: string;
  run(stage: GrowthStage): Promise<readonly Point[]>;
}
