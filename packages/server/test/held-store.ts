import { MemoryStore } from '@syncline/storage';

/** An in-memory store whose commits can be held. */
export class HeldStore extends MemoryStore {
  isHolding = false;
  /** How often entries or checkpoints were read for clients that catch up. */
  reads = 0;
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => {};

  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#open();
  }

  override async append(...args: Parameters<MemoryStore['append']>) {
    this.isHolding = true;
    await this.#gate;
    this.isHolding = false;
    return await super.append(...args);
  }

  override async read(...args: Parameters<MemoryStore['read']>) {
    this.reads++;
    return await super.read(...args);
  }

  override async readCheckpoint(...args: Parameters<MemoryStore['readCheckpoint']>) {
    this.reads++;
    return await super.readCheckpoint(...args);
  }
}
