import * as Y from 'yjs';

/** A step of Yjs's undo manager: what its transactions inserted, and what they deleted. */
export type Step = Y.UndoManager['undoStack'][number];

/**
 * Values of keys that others wrote at the same time as a step, and that were deleted on arrival by what the step did,
 * become part of what the step deleted. Undoing the step brings them back: that is what would be there without it.
 * Call it before Yjs collects what the transaction deleted.
 *
 * Nested types are left out: all that was ever written in them would have to be kept.
 */
export function keepLosers(steps: readonly Step[], transaction: Y.Transaction): void {
  if (steps.length === 0) return;
  Y.iterateDeletedStructs(transaction, transaction.deleteSet, (item) => {
    if (!(item instanceof Y.Item) || item.parentSub === null) return;
    const isNew = item.id.clock >= (transaction.beforeState.get(item.id.client) ?? 0);
    if (!isNew || !hasValue(item) || item.content instanceof Y.ContentType) return;
    const step = steps.find((step) => deletesOnArrival(step, item));
    if (step === undefined) return;
    step.deletions = withItems(step.deletions, [item]);
    for (let at: Y.Item | null = item; at !== null && !at.keep; at = parentOf(at)._item) {
      at.keep = true;
    }
  });
}

/** The step wrote the value that comes next, or it deleted what the item is in. */
function deletesOnArrival({ insertions, deletions }: Step, item: Y.Item): boolean {
  if (Y.isDeleted(insertions, item.id)) return false;
  const parent = parentOf(item)._item;
  const isBeaten = item.right !== null && Y.isDeleted(insertions, item.right.id);
  return isBeaten || (parent !== null && Y.isDeleted(deletions, parent.id));
}

/**
 * Decides which value each key gets back when a step is undone, right before Yjs does it. Yjs would bring back a value
 * only when nobody else has ever written the key at the same time: it would delete the step's value, and leave nothing.
 *
 * Yjs neither brings back what the step itself inserted nor stops at it on the way to the end of a key's values. So
 * whatever is not to come back is made to count as that.
 */
export function settleKeys(step: Step, transaction: Y.Transaction): void {
  const standing = new Set<Y.Item>();
  Y.iterateDeletedStructs(transaction, step.insertions, (item) => {
    if (!(item instanceof Y.Item) || item.parentSub === null) return;
    const latest = latestOf(item, transaction);
    if (latest?.deleted === false) standing.add(latest);
  });
  const deleted: Y.Item[] = [];
  Y.iterateDeletedStructs(transaction, step.deletions, (item) => {
    if (item instanceof Y.Item && !Y.isDeleted(step.insertions, item.id)) deleted.push(item);
  });

  const removed = new Set<Y.Item>();
  const returning = new Set<Y.Item>();
  const passed = new Set<Y.Item>();
  for (const item of deleted) {
    if (item.parentSub === null || item.length === 1) removed.add(item);
    else {
      // Yjs joins values that are no more. Only the last of them was there, and a key has one.
      removed.add(Y.getItemCleanStart(transaction, item.lastId));
      passed.add(item);
    }
  }
  for (const item of removed) {
    if (item.parentSub === null || !hasValue(item)) continue;
    if (rightOf(item).some((later) => removed.has(later) && hasValue(later))) continue;
    if (!isFree(item, { step, standing, removed, transaction })) continue;
    const latest = latestOf(item, transaction);
    if (latest === undefined) continue;
    returning.add(latest);
    for (const later of rightOf(latest)) passed.add(later);
  }
  for (const item of removed) {
    // Yjs would throw where what the item was in has come back and was collected then.
    const parent = parentOf(item)._item;
    const isLost = parent !== null && latestOf(parent, transaction) === undefined;
    if (item.parentSub !== null || isLost) passed.add(item);
  }
  // What has come back already is passed anyway, and would be deleted for having been inserted.
  const hidden = [...passed].filter((item) => item.redone === null && !returning.has(item));
  step.insertions = withItems(step.insertions, hidden);
  step.deletions = withItems(step.deletions, returning);
}

interface Undoing {
  readonly step: Step;
  /** What is there of the values that the step wrote. */
  readonly standing: ReadonlySet<Y.Item>;
  /** What the step removed. */
  readonly removed: ReadonlySet<Y.Item>;
  readonly transaction: Y.Transaction;
}

/** Whether a value can come back: nobody else has written or deleted the key since. */
function isFree(item: Y.Item, { step, standing, removed, transaction }: Undoing): boolean {
  let parent = parentOf(item);
  if (parent._item !== null) {
    const latest = latestOf(parent._item, transaction);
    if (latest === undefined) return false;
    // It comes back too, or not at all.
    if (latest.deleted) return removed.has(latest);
    parent = (latest.content as Y.ContentType).type;
  }
  const current = parent._map.get(item.parentSub as string);
  if (current === undefined) return true;
  return current.deleted ? Y.isDeleted(step.deletions, current.lastId) : standing.has(current);
}

/** Garbage-collected ones have none. */
function hasValue({ content }: Y.Item): boolean {
  return !(content instanceof Y.ContentDeleted);
}

/** What an item came back as, the last time; undefined when that is collected. */
function latestOf(item: Y.Item, transaction: Y.Transaction): Y.Item | undefined {
  let latest: Y.Item | Y.GC = item;
  while (latest instanceof Y.Item && latest.redone !== null) {
    const { client, clock } = latest.redone;
    latest = Y.getItemCleanStart(transaction, latest.redone);
    if (latest.length > 1 && latest.parentSub !== null) {
      // Of joined values, the first is it.
      Y.getItemCleanStart(transaction, Y.createID(client, clock + 1));
    }
  }
  return latest instanceof Y.Item ? latest : undefined;
}

/** What was written to the same key and is ordered after it. */
function rightOf(item: Y.Item): Y.Item[] {
  const items: Y.Item[] = [];
  for (let at = item.right; at !== null; at = at.right) items.push(at);
  return items;
}

function parentOf(item: Y.Item): Y.AbstractType<unknown> {
  return item.parent as Y.AbstractType<unknown>;
}

type DeleteSet = Step['deletions'];

function withItems(set: DeleteSet, items: Iterable<Y.Item>): DeleteSet {
  const added = Y.createDeleteSet();
  for (const { id, length } of items) {
    const ranges = added.clients.get(id.client);
    if (ranges === undefined) added.clients.set(id.client, [{ clock: id.clock, len: length }]);
    else ranges.push({ clock: id.clock, len: length });
  }
  return Y.mergeDeleteSets([set, added]);
}
