import type { Rights } from '@syncline/protocol';
import { type Access, accessOf, codeOf, type ReadOnlyReason } from './access.ts';
import type { Problem } from './connection-state.ts';
import { SAVED, type SaveState } from './save-state.ts';

export interface StandingEvents {
  onAccess(access: Access): void;
  onSaveState(state: SaveState): void;
}

/** What the user may do with a document, and whether it is saved: said when it changes. */
export class Standing {
  readonly #events: StandingEvents;
  #rights: Rights | undefined;
  #blocked: ReadOnlyReason | undefined;
  #access: Access = { state: 'unknown' };
  #saveState: SaveState = SAVED;

  constructor(events: StandingEvents) {
    this.#events = events;
  }

  get access(): Access {
    return this.#access;
  }

  /** As the server said it last. */
  setRights(rights: Rights): void {
    this.#rights = rights;
  }

  /** Changes cannot be sent, whatever the rights are. */
  block(reason: ReadOnlyReason): void {
    this.#blocked = reason;
  }

  /** @param reason only if it was this one; default: any */
  unblock(reason = this.#blocked): void {
    if (this.#blocked === reason) this.#blocked = undefined;
  }

  /** Why nothing can be saved, as long as the document is read-only. */
  get hindrance(): Problem | undefined {
    if (this.#access.state !== 'read-only') return undefined;
    const { because } = this.#access;
    return { code: codeOf(because), message: `the document is read-only: ${because}` };
  }

  /** Says what is not as it was when this was called last. @param saveState now */
  tell(saveState: SaveState): void {
    const access = accessOf(this.#rights, this.#blocked);
    if (!isSameAccess(access, this.#access)) {
      this.#access = access;
      this.#events.onAccess(access);
    }
    const { state, unsavedBytes } = this.#saveState;
    if (saveState.state !== state || saveState.unsavedBytes !== unsavedBytes) {
      this.#saveState = saveState;
      this.#events.onSaveState(saveState);
    }
  }
}

function isSameAccess(one: Access, other: Access): boolean {
  if (one.state === 'read-only' && other.state === 'read-only')
    return one.because === other.because;
  return one.state === other.state;
}
