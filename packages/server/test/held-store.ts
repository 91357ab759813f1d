import type { DocumentId } from '@syncline/protocol';
import { MemoryStore } from '@syncline/storage';

/** An in-memory store whose commits and loads can be held, and which can be made to fail. */
export class HeldStore extends MemoryStore {
  isHolding = false;
  failLoads = false;
  failAppends = false;
  /** What a load waits for. */
  whenLoaded: (documentId: DocumentId) => Promise<void> | undefined = () => undefined;
  commits = 0;
  loads = 0;
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
    this.commits++;
    if (this.failAppends) throw new Error('no space left');
    this.isHolding = true;
    await this.#gate;
    this.isHolding = false;
    return await super.append(...args);
  }

  override async load(...args: Parameters<MemoryStore['load']>) {
    this.loads++;
    await this.whenLoaded(args[0]);
    if (this.failLoads) throw new Error('the disk does not answer');
    return await super.load(...args);
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
