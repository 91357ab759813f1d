/** The command line is not as the help says. The message is one line for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
