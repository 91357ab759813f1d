import * as Y from 'yjs';

/** Random numbers that a seed makes again: xorshift32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed * 2_654_435_761 + 1 || 1;
  }

  /** 0 … n - 1 */
  below(n: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % n;
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  isOnce(n: number): boolean {
    return this.below(n) === 0;
  }
}

/** New seeds each time, unless SEED says one. */
export function seeds(count: number): number[] {
  const given = process.env['SEED'];
  if (given !== undefined) return [Number(given)];
  const first = Math.floor(Math.random() * 1_000_000_000);
  return Array.from({ length: count }, (_, i) => first + i);
}

/** As a provider does when it connects: Yjs does not get over each order of updates by itself. */
export function syncAll(docs: readonly Y.Doc[]): void {
  for (const from of docs) {
    for (const to of docs) Y.applyUpdate(to, Y.encodeStateAsUpdate(from), 'network');
  }
}
