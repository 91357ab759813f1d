export type { OnState } from './handle.ts';
export { LevelStore, type LevelStoreOptions } from './level-store.ts';
