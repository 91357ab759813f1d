import type { DocumentId } from '@syncline/protocol';
import type { Append, Appended, Epoch } from '@syncline/storage';
import type { Participant } from '../src/tick.ts';

/** Takes part in ticks with one entry each time, and writes down what it is told. */
export class RecordingParticipant implements Participant {
  readonly told: string[] = [];
  readonly #documentId: DocumentId;
  readonly #epoch: Epoch | undefined;

  constructor(documentId: DocumentId, epoch: Epoch | undefined) {
    this.#documentId = documentId;
    this.#epoch = epoch;
  }

  gather(): Append {
    const entries = [{ update: new Uint8Array([0, 0]), author: '', time: 0 }];
    return { documentId: this.#documentId, entries, epoch: this.#epoch };
  }

  committed({ head }: Appended): void {
    this.told.push(`committed ${head}`);
  }

  held(): void {
    this.told.push('held');
  }

  replaced(): void {
    this.told.push('replaced');
  }

  failed(cause: unknown): void {
    this.told.push(`failed: ${String(cause)}`);
  }
}
