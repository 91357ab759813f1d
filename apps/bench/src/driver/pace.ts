import { sleep } from '@syncline/testing';

/**
 * Calls `send` so many times at an even rate, and catches up when a timer was late.
 * Resolves after the last call.
 */
export async function pace(
  total: number,
  perSecond: number,
  send: (index: number) => void,
): Promise<void> {
  const started = performance.now();
  let sent = 0;
  while (sent < total) {
    const due = Math.min(total, Math.ceil(((performance.now() - started) * perSecond) / 1000));
    while (sent < due) send(sent++);
    await sleep(1);
  }
}
