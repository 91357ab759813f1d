/**
 * The bytes are not an update that Yjs could decode and integrate, or it says more than is allowed.
 *
 * The only error that this package throws for untrusted bytes. Nothing of the update was used; the sender should drop
 * it, since the same bytes are refused again.
 */
export class UpdateError extends Error {
  override readonly name = 'UpdateError';
  /** Stable, for programs; the message is for people. */
  readonly code: 'update-refused' | 'update-too-large';
  /** Where in the bytes the fault was seen, in bytes from the start. */
  readonly offset: number;

  constructor(
    what: string,
    offset: number,
    {
      code = 'update-refused',
      ...options
    }: ErrorOptions & { readonly code?: UpdateError['code'] } = {},
  ) {
    super(`${what} (at byte ${offset})`, options);
    this.code = code;
    this.offset = offset;
  }
}
