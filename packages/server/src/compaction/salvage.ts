import { readStoredLog, type StoredLog } from '../stored-log.ts';
import type { Merged } from './compact.ts';
import { canIntegrate, merge } from './merge.ts';

/**
 * Merges what can be used of a log that cannot be merged as it is. Left out is what cannot be read, what
 * stands on it, and what Yjs cannot integrate.
 * @throws Error when the old checkpoint is the fault, or the new one does not cover what was used.
 */
export function salvage({ checkpoint: before, entries }: StoredLog): Merged {
  const first = before === undefined ? [] : [before];
  /** The entries that are still in, as places. */
  let places = [...entries.keys()];
  const included = () => places.map((place) => entries[place] as Uint8Array);
  const leaveOutUnreadable = () => {
    const out = new Set(readStoredLog({ checkpoint: before, entries: included() }).unreadable);
    places = places.filter((_, index) => !out.has(index));
  };

  leaveOutUnreadable();
  while (!canIntegrate([...first, ...included()])) {
    const culprit = findCulprit([...first, ...included()]) - first.length;
    if (culprit < 0) throw new Error('the checkpoint cannot be integrated');
    places.splice(culprit, 1);
    leaveOutUnreadable(); // what stood on it
  }
  const checkpoint = merge([...first, ...included()]);
  if (checkpoint === undefined) throw new Error('the server cannot read what Yjs made of the log');
  const kept = new Set(places);
  return { checkpoint, setAside: [...entries.keys()].filter((place) => !kept.has(place)) };
}

/** The first update without which those before it can be integrated, by bisection. */
function findCulprit(updates: readonly Uint8Array[]): number {
  let low = 0; // so many can be integrated
  let high = updates.length; // so many cannot
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (canIntegrate(updates.slice(0, middle))) low = middle;
    else high = middle;
  }
  return high - 1;
}
