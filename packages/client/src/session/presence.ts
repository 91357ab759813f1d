import { type AwarenessEntry, decodeAwareness, encodeAwareness } from '@syncline/protocol';
import {
  type Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness';

/** At most one message in so long: a state that lies between is left out. */
const TICK_MS = 33;
/** A state that was not renewed for 30 s is gone (W3 of the SPEC). */
const RENEW_MS = 15_000;

interface AwarenessChanges {
  readonly added: number[];
  readonly updated: number[];
  readonly removed: number[];
}

/**
 * Keeps a `y-protocols` Awareness and the server in step: the own state goes up, those of the others come
 * down. What came down is never sent back.
 */
export class Presence {
  readonly #awareness: Awareness;
  readonly #send: (entries: readonly AwarenessEntry[]) => void;
  #isOn = false;
  #sentAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param send is called while it is on alone. */
  constructor(awareness: Awareness, send: (entries: readonly AwarenessEntry[]) => void) {
    this.#awareness = awareness;
    this.#send = send;
    awareness.on('update', this.#onUpdate);
  }

  /** There is a session with the right to it, or there is none any more. */
  setOn(isOn: boolean): void {
    if (this.#isOn === isOn) return;
    this.#isOn = isOn;
    if (isOn && this.#awareness.getLocalState() !== null) this.#flush();
  }

  /** States of others, or a word on the own. */
  receive(entries: readonly AwarenessEntry[]): void {
    applyAwarenessUpdate(this.#awareness, encodeAwareness(entries), this);
    const own = entries.find(({ client }) => client === this.#awareness.clientID);
    // W5: taken for gone, it announces itself anew.
    if (own?.state === null) this.#renew();
  }

  /** Renews the own state when it is time: timers of hidden tabs come too late for that. */
  tick(): void {
    const meta = this.#awareness.meta.get(this.#awareness.clientID);
    if (meta !== undefined && Date.now() - meta.lastUpdated >= RENEW_MS) this.#renew();
  }

  /** The session is over: the others are out of sight (W4). */
  end(): void {
    this.setOn(false);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { clientID } = this.#awareness;
    const others = [...this.#awareness.getStates().keys()].filter((id) => id !== clientID);
    removeAwarenessStates(this.#awareness, others, this);
  }

  close(): void {
    this.end();
    this.#awareness.off('update', this.#onUpdate);
  }

  #renew(): void {
    const state = this.#awareness.getLocalState();
    if (state !== null) this.#awareness.setLocalState(state);
  }

  readonly #onUpdate = ({ added, updated, removed }: AwarenessChanges, origin: unknown): void => {
    if (origin === this || !this.#isOn || this.#timer !== undefined) return;
    const { clientID } = this.#awareness;
    if (![added, updated, removed].some((clients) => clients.includes(clientID))) return;
    const waitMs = this.#sentAt + TICK_MS - Date.now();
    if (waitMs <= 0) return this.#flush();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isOn) this.#flush();
    }, waitMs);
  };

  #flush(): void {
    this.#sentAt = Date.now();
    const update = encodeAwarenessUpdate(this.#awareness, [this.#awareness.clientID]);
    this.#send(decodeAwareness(update));
  }
}
