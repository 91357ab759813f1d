/** Delays in milliseconds, counted in classes of 0.1 ms below a second and of 10 ms above. */
export class Delays {
  readonly #fine = new Uint32Array(10_000);
  readonly #coarse = new Map<number, number>();
  count = 0;

  add(ms: number): void {
    this.count++;
    const slot = Math.max(0, Math.floor(ms * 10));
    if (slot < this.#fine.length) this.#fine[slot] = (this.#fine[slot] ?? 0) + 1;
    else {
      const end = Math.ceil(ms / 10) * 10;
      this.#coarse.set(end, (this.#coarse.get(end) ?? 0) + 1);
    }
  }

  /** The delay that so many of all (0 to 1) did not exceed. */
  quantile(share: number): number {
    let left = Math.ceil(this.count * share);
    for (const [slot, count] of this.#fine.entries()) {
      left -= count;
      if (left <= 0) return (slot + 1) / 10;
    }
    for (const [end, count] of [...this.#coarse].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return end;
    }
    return Number.NaN;
  }
}
