/** What is done about something that was thrown. Does not throw itself. */
export type OnThrow = (cause: unknown) => void;

/**
 * Runs what belongs to one of many: to one room, one session, one connection. What it throws goes to `onThrow`, which
 * ends that one, and never into the loop or the timer that serves them all.
 */
export function contain(act: () => void, onThrow: OnThrow): void {
  try {
    act();
  } catch (cause) {
    onThrow(cause);
  }
}
