import type { DocumentId } from '@syncline/protocol';
import type { Append, Appended, Epoch } from '@syncline/storage';
import type { Participant } from '../src/tick.ts';
import { RecordingParticipant } from './recording-participant.ts';

/** Takes part in ticks as {@link RecordingParticipant} does, and throws at some of the calls. */
export class FaultyParticipant extends RecordingParticipant {
  readonly #faults: ReadonlySet<keyof Participant>;

  constructor(
    documentId: DocumentId,
    epoch: Epoch | undefined,
    faults: readonly (keyof Participant)[],
  ) {
    super(documentId, epoch);
    this.#faults = new Set(faults);
  }

  override gather(): Append {
    this.#throwAt('gather');
    return super.gather();
  }

  override committed(appended: Appended): void {
    super.committed(appended);
    this.#throwAt('committed');
  }

  override held(): void {
    super.held();
    this.#throwAt('held');
  }

  override replaced(): void {
    super.replaced();
    this.#throwAt('replaced');
  }

  override failed(cause: unknown): void {
    super.failed(cause);
    this.#throwAt('failed');
  }

  #throwAt(call: keyof Participant): void {
    if (this.#faults.has(call)) throw new Error(`a fault in ${call}`);
  }
}
