import { randomBytes } from 'node:crypto';
import type { Epoch } from './document-store.ts';

/** How many random bytes an epoch has; it is written as twice as many hexadecimal digits. */
export const EPOCH_BYTES = 8;

export function newEpoch(): Epoch {
  return randomBytes(EPOCH_BYTES).toString('hex') as Epoch;
}
