import type { Bus } from '@syncline/bus';

export interface RedisBusOptions {
  /** What all channels begin with. */
  readonly prefix?: string;
}

/** A bus on Redis's publish and subscribe. */
export declare class RedisBus {
  static open(url: string, options?: RedisBusOptions): Promise<Bus>;
}
