export type { Severity } from './document-check.ts';
export type { OnState } from './handle.ts';
export { LevelStore, type LevelStoreOptions } from './level-store.ts';
export {
  type Finding,
  type VerifyOptions,
  type VerifyReport,
  verifyStore,
} from './verify-store.ts';
