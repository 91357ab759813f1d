/** Which of a session's numbered updates the server has answered: K1 to K3. */
export class AnswerCounter {
  #last = 0;
  /** All up to this one are answered. */
  #through = 0;
  /** Beyond it. */
  readonly #rejected = new Set<number>();

  /** How many are not answered. */
  get open(): number {
    return this.#last - this.#through - this.#rejected.size;
  }

  /** The number of the next update. */
  next(): number {
    return ++this.#last;
  }

  acknowledge(through: number): void {
    this.#through = Math.max(this.#through, through);
    for (const number of this.#rejected) if (number <= this.#through) this.#rejected.delete(number);
  }

  reject(number: number): void {
    if (number > this.#through) this.#rejected.add(number);
  }

  /** For a new session, which counts anew. */
  clear(): void {
    this.#last = 0;
    this.#through = 0;
    this.#rejected.clear();
  }
}
