import type { Backend, Mode, Transaction } from '../../src/offline/backend.ts';
import type { Notice } from '../../src/offline/notice.ts';

/** What several tabs see of one backend; notices and transactions fail as told. */
export class SharedRecords {
  readonly #backend: Backend;
  readonly #tabs = new Set<SharedTab>();
  /** Whether the next one gets lost, or fails. */
  readonly chance: { loses(): boolean; fails(): boolean };

  constructor(backend: Backend, chance: { loses(): boolean; fails(): boolean }) {
    this.#backend = backend;
    this.chance = chance;
  }

  tab(): SharedTab {
    const tab = new SharedTab(this.#backend, this);
    this.#tabs.add(tab);
    return tab;
  }

  tell(notice: Notice, from: SharedTab): void {
    for (const tab of this.#tabs) {
      if (tab !== from && !this.chance.loses()) setImmediate(() => tab.hear(notice));
    }
  }
}

export class SharedTab implements Backend {
  readonly #backend: Backend;
  readonly #shared: SharedRecords;
  #onNotice: (notice: Notice) => void = () => {};
  #isKilled = false;

  constructor(backend: Backend, shared: SharedRecords) {
    this.#backend = backend;
    this.#shared = shared;
  }

  /** What is under way may be stored or not; the tab never learns of it. */
  kill(): void {
    this.#isKilled = true;
  }

  async transact<T>(mode: Mode, body: (transaction: Transaction) => Promise<T>): Promise<T> {
    if (this.#isKilled) return await new Promise<never>(() => {});
    if (mode === 'write' && this.#shared.chance.fails()) throw new Error('the disk is full');
    const result = await this.#backend.transact(mode, body);
    return this.#isKilled ? await new Promise<never>(() => {}) : result;
  }

  tell(notice: Notice): void {
    if (!this.#isKilled) this.#shared.tell(notice, this);
  }

  hear(notice: Notice): void {
    if (!this.#isKilled) this.#onNotice(notice);
  }

  listen(onNotice: (notice: Notice) => void): void {
    this.#onNotice = onNotice;
  }

  async close(): Promise<void> {
    this.kill();
  }
}
