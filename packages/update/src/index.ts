export { clamp, stateVectorKey } from './clamp.ts';
export { collect } from './collect.ts';
export { concatenate, encode, join } from './concatenate.ts';
export { type Admission, Coverage, coverageOf, type Held } from './coverage.ts';
export type { DeleteSet, Ranges } from './delete-set.ts';
export { Lineage, MAX_ROOTS, MAX_TYPE_DEPTH } from './lineage.ts';
export {
  type Bounds,
  type Content,
  type Run,
  type ScannedUpdate,
  scan,
  scanWithin,
} from './scan.ts';
export {
  decodeStateVector,
  decodeStateVectors,
  EMPTY_STATE_VECTOR,
  encodeStateVector,
  type StateVector,
} from './state-vector.ts';
export { UpdateError } from './update-error.ts';
