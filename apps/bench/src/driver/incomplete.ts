/** A server did not bring all to everybody, or not in time: its figures count for nothing. */
export class IncompleteError extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'IncompleteError';
  }
}
