/** Which of a client's numbered updates are answered: durable, or rejected. */
export class Answered {
  #through = 0;
  /** Those after the first that is not. */
  #later: Set<number> | undefined;

  /** All updates up to this one are answered. */
  get through(): number {
    return this.#through;
  }

  /** How many are answered though an older one is not. */
  get ahead(): number {
    return this.#later?.size ?? 0;
  }

  /** True when `through` has moved. */
  add(numbers: readonly number[]): boolean {
    if (numbers.length === 0) return false;
    const before = this.#through;
    this.#later ??= new Set();
    for (const number of numbers) this.#later.add(number);
    while (this.#later.delete(this.#through + 1)) this.#through++;
    return this.#through > before;
  }
}
