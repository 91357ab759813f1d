/**
 * The origin of a transaction that a binding makes: a user's own edit. Yjs's UndoManager knows origins
 * also by their class.
 */
export class Origin {
  /** The binding. */
  readonly by: object;

  constructor(by: object) {
    this.by = by;
  }
}
