import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TRANSPORTS, type Transport, TransportChoice } from './transport-choice.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Takes transports until one of these works, or the round is over. */
function round(choice: TransportChoice, working: readonly Transport[] = []): Transport[] {
  const taken: Transport[] = [];
  for (;;) {
    const transport = choice.take();
    taken.push(transport);
    if (working.includes(transport)) choice.worked(transport);
    else if (choice.failed(transport)) continue;
    return taken;
  }
}

const [WEB_SOCKET, STREAM, POLL] = TRANSPORTS as readonly [Transport, Transport, Transport];

describe('the choice of a transport', () => {
  it('tries all in one round, the best first, and then again', () => {
    const choice = new TransportChoice();
    expect(round(choice)).toEqual(TRANSPORTS);
    expect(round(choice)).toEqual(TRANSPORTS);
    expect(round(new TransportChoice([STREAM]))).toEqual([STREAM]);
  });

  it('begins with what worked', () => {
    const choice = new TransportChoice();
    expect(round(choice, [POLL])).toEqual(TRANSPORTS);
    expect(round(choice, [POLL])).toEqual([POLL]);
  });

  it('gives what worked a second round, and then tries the others', () => {
    const choice = new TransportChoice();
    round(choice, [STREAM]);
    expect(round(choice)).toEqual([STREAM]);
    expect(round(choice)).toEqual([STREAM, WEB_SOCKET, POLL]);
    expect(round(choice, [WEB_SOCKET])).toEqual([STREAM, WEB_SOCKET]);
    expect(round(choice)).toEqual([WEB_SOCKET]);
  });

  it('begins with the best again after ten minutes, and when the network changed', () => {
    const choice = new TransportChoice();
    round(choice, [POLL]);
    vi.setSystemTime(Date.now() + 9 * 60_000);
    expect(round(choice, [POLL])).toEqual([POLL]);
    vi.setSystemTime(Date.now() + 2 * 60_000);
    expect(round(choice, [POLL])).toEqual(TRANSPORTS);
    expect(round(choice, [POLL])).toEqual([POLL]);
    choice.reset();
    expect(round(choice, [WEB_SOCKET])).toEqual([WEB_SOCKET]);
    vi.setSystemTime(Date.now() + 60 * 60_000);
    expect(round(choice, [WEB_SOCKET])).toEqual([WEB_SOCKET]);
  });
});
