export type { BusState } from './hearing.ts';
export { type BusCounts, RedisBus, type RedisBusOptions } from './redis-bus.ts';
