import { coverageOf, scan } from '@syncline/update';
import { readStoredLog, type StoredLog } from '../stored-log.ts';
import type { Merged } from './compact.ts';
import { applyAll, checkpointOf, updatesOf } from './whole-log.ts';

/**
 * Merges what can be used of a log that cannot be merged as it is. Left out is what cannot be read, what
 * stands on it, and what Yjs cannot integrate.
 * @throws Error when the old checkpoint is the fault, or the new one does not cover what was used.
 */
export function salvage({ checkpoint: before, entries }: StoredLog): Merged {
  /** The entries that are still in, as places. */
  let places = [...entries.keys()];
  const included = (): StoredLog => ({
    checkpoint: before,
    entries: places.map((place) => entries[place] as Uint8Array),
  });
  const leaveOutUnreadable = () => {
    const out = new Set(readStoredLog(included()).unreadable);
    places = places.filter((_, index) => !out.has(index));
  };

  leaveOutUnreadable();
  let updates = updatesOf(included());
  let doc = applyAll(updates);
  while (doc === undefined) {
    const culprit = findCulprit(updates) - (before === undefined ? 0 : 1);
    if (culprit < 0) throw new Error('the checkpoint cannot be integrated');
    places.splice(culprit, 1);
    leaveOutUnreadable(); // what stood on it
    updates = updatesOf(included());
    doc = applyAll(updates);
  }
  const checkpoint = checkpointOf(doc);
  const covered = checkpoint && coverageOf([scan(checkpoint)]);
  if (!covered || !updates.every((update) => covered.covers(scan(update)))) {
    throw new Error('the checkpoint does not cover the log');
  }
  const kept = new Set(places);
  return { checkpoint, setAside: [...entries.keys()].filter((place) => !kept.has(place)) };
}

/** The first update without which those before it can be applied, by bisection. */
function findCulprit(updates: readonly Uint8Array[]): number {
  let low = 0; // so many can be applied
  let high = updates.length; // so many cannot
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (applyAll(updates.slice(0, middle)) === undefined) high = middle;
    else low = middle;
  }
  return high - 1;
}
