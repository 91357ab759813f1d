/** A stored copy that cannot be read: records are damaged, missing, or of a newer version of this library. */
export class DamagedCopyError extends Error {
  override readonly name = 'DamagedCopyError';

  constructor(documentId: string, what: string, cause?: unknown) {
    super(
      `the stored copy of ${JSON.stringify(documentId)} ${what}; it was begun anew`,
      cause === undefined ? undefined : { cause },
    );
  }
}
