import * as Y from 'yjs';

/** Yjs takes quadratic time in their number. */
const AT_ONCE = 32;

/**
 * One update that says what all of them say; undefined when there are none. They come from one Y.Doc's
 * events, in their order: Yjs joins what it wrote itself correctly, with clients in its own order, and any
 * other bytes with losses.
 */
export function joinUpdates(updates: readonly Uint8Array[]): Uint8Array | undefined {
  let tier = updates;
  while (tier.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < tier.length; i += AT_ONCE) {
      next.push(Y.mergeUpdates(tier.slice(i, i + AT_ONCE)));
    }
    tier = next;
  }
  return tier[0];
}
