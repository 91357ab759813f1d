import './page.ts';
import { cleanup, waitFor } from '@testing-library/react';
import { afterEach, expect, vi } from 'vitest';
import { atEnd } from './server.ts';

export * from './server.ts';

// Called before what the server's part does: vitest goes from the last to the first.
afterEach(cleanup);

/** Waits longer than the library's second: the machine may be busy. */
export const eventually: typeof waitFor = (check, options) =>
  waitFor(check, { timeout: 8_000, interval: 10, ...options });

/** The test fails at its end when React, or anybody, has complained. */
export function watchConsole(): void {
  const spies = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn')];
  atEnd(() => {
    const calls = spies.flatMap((spy) => spy.mock.calls);
    for (const spy of spies) spy.mockRestore();
    expect(calls).toEqual([]);
  });
}
