import * as Y from 'yjs';
import type { PlainTree } from './plain.ts';

/** Values that lost against the one that an item holds. */
interface Conflict {
  readonly winner: Y.Item;
  readonly losers: Map<Y.Item, unknown>;
}

/**
 * The values that lost to another one that was written at the same time. A value that is written names the one that it
 * replaces as its origin, so one is concurrent if the winner does not come from it. Yjs drops what lost
 * when the transaction ends; before, observers can still see it.
 */
export class Conflicts {
  readonly #tree: PlainTree;
  readonly #seen = new Map<string, Conflict>();

  constructor(tree: PlainTree) {
    this.#tree = tree;
  }

  of(key: string): readonly unknown[] {
    const winner = this.#tree.root._map.get(key);
    if (winner === undefined || winner.deleted) return [];
    const seen = this.#seen.get(key);
    if (seen?.winner === winner) return [...seen.losers.values()];
    return siblingsOf(winner).flatMap((item) => this.#valueOf(item));
  }

  /**
   * Looks at what a transaction wrote, while what lost is still there.
   *
   * @returns whether a key has other conflicts than before
   */
  look(transaction: Y.Transaction): boolean {
    // Yjs's typing of a map does not fit its own.
    const changed = (transaction.changed as Map<unknown, Set<string | null>>).get(this.#tree.root);
    if (changed === undefined) return false;
    const deleted = new Map<string, Map<string, Y.Item>>();
    Y.iterateDeletedStructs(transaction, transaction.deleteSet, (item) => {
      if (!(item instanceof Y.Item) || item.parent !== this.#tree.root) return;
      const key = item.parentSub as string;
      deleted.set(key, (deleted.get(key) ?? new Map<string, Y.Item>()).set(nameOf(item), item));
    });
    let isNew = false;
    for (const key of changed) {
      if (key !== null && this.#lookAt(key, deleted.get(key) ?? new Map())) isNew = true;
    }
    return isNew;
  }

  /** @param deleted the values that were there before or came now, and are no more: by the names of their items */
  #lookAt(key: string, deleted: ReadonlyMap<string, Y.Item>): boolean {
    const before = this.#seen.get(key);
    const winner = this.#tree.root._map.get(key);
    const losers = new Map(winner !== undefined && before?.winner === winner ? before.losers : []);
    if (winner !== undefined && !winner.deleted) {
      const replaced = new Set<string>();
      for (const { origin } of [winner, ...deleted.values()]) {
        if (origin !== null) replaced.add(name(origin));
      }
      for (const [name, item] of deleted) {
        if (!replaced.has(name)) for (const value of this.#valueOf(item)) losers.set(item, value);
      }
    }
    const isNew =
      losers.size !== (before?.losers.size ?? 0) || (losers.size > 0 && before?.winner !== winner);
    if (winner !== undefined && losers.size > 0) this.#seen.set(key, { winner, losers });
    else this.#seen.delete(key);
    return isNew;
  }

  /** Empty when nothing is left of it, and for nested types: what was in them was deleted with them. */
  #valueOf(item: Y.Item): unknown[] {
    const value: unknown = item.content.getContent().at(-1);
    if (value === undefined || value instanceof Y.AbstractType || value instanceof Y.Doc) return [];
    return [this.#tree.shown(value)];
  }
}

/** Those that replaced the same value as the winner did, and were not replaced themselves. */
function siblingsOf(winner: Y.Item): Y.Item[] {
  const chain = leftOf(winner);
  const replaced = new Set(chain.flatMap(({ origin }) => (origin === null ? [] : name(origin))));
  const root = winner.origin && name(winner.origin);
  return chain.filter(
    (item) => (item.origin && name(item.origin)) === root && !replaced.has(nameOf(item)),
  );
}

/** What was written to the same key and is ordered before. */
function leftOf(item: Y.Item): Y.Item[] {
  const items: Y.Item[] = [];
  for (let at = item.left; at !== null; at = at.left) items.push(at);
  return items;
}

const name = ({ client, clock }: Y.ID): string => `${client} ${clock}`;
const nameOf = (item: Y.Item): string => name(item.lastId);
