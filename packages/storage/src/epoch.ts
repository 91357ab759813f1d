import { randomBytes } from 'node:crypto';
import type { Epoch } from './document-store.ts';

/** How many bytes an epoch has; it is written as twice as many hexadecimal digits. */
export const EPOCH_BYTES = 8;

/**
 * The last bytes of an epoch count how often the same content went on with new seqs; those before are
 * random, and stand for the incarnation.
 */
const COUNT_BYTES = 2;
const INCARNATION_DIGITS = 2 * (EPOCH_BYTES - COUNT_BYTES);
const COUNT_DIGITS = 2 * COUNT_BYTES;

/** The epoch of a document that has nothing to do with any before it. */
export function newEpoch(): Epoch {
  return (randomBytes(EPOCH_BYTES - COUNT_BYTES).toString('hex') +
    '0'.repeat(COUNT_DIGITS)) as Epoch;
}

/**
 * The epoch with which a document goes on whose seqs do not hold any more, because entries were
 * lost. Copies of the epoch before it are to be merged: they may have what was lost.
 */
export function nextEpoch(epoch: Epoch): Epoch {
  const count = (Number.parseInt(epoch.slice(INCARNATION_DIGITS), 16) + 1) % 2 ** (8 * COUNT_BYTES);
  const digits = count.toString(16).padStart(COUNT_DIGITS, '0');
  return (epoch.slice(0, INCARNATION_DIGITS) + digits) as Epoch;
}

/** Whether copies of two epochs are of one incarnation, so that they can be merged. */
export function isSameIncarnation(one: string, other: string): boolean {
  return one.slice(0, INCARNATION_DIGITS) === other.slice(0, INCARNATION_DIGITS);
}
