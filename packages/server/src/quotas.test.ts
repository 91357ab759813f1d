import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_LIMITS } from './limits.ts';
import { Quotas } from './quotas.ts';

const HOUR_MS = 3_600_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const codeOf = (code: string) => expect.objectContaining({ code });

function start(limits: Partial<typeof DEFAULT_LIMITS> = {}) {
  const quotas = new Quotas({ ...DEFAULT_LIMITS, ...limits });
  const request = (address: string) => ({ address, origin: undefined, path: '/', headers: {} });
  return {
    quotas,
    user: (id: string, address = '1.1.1.1') =>
      quotas.of({ identity: { user: { id } }, request: request(address) }),
    anonymous: (address: string) =>
      quotas.of({ identity: { user: null }, request: request(address) }),
  };
}

describe('an account', () => {
  it('is of a user, wherever it comes from, and of an address where nobody is known', () => {
    const { user, anonymous } = start();
    expect(user('ada', '1.1.1.1')).toBe(user('ada', '2.2.2.2'));
    expect(user('ada')).not.toBe(user('bob'));
    expect(anonymous('ada')).toBe(anonymous('ada'));
    expect(anonymous('ada')).not.toBe(user('ada'));
  });

  it('has so many documents open at once', () => {
    const { user, anonymous } = start({ documentsPerUser: 2, documentsPerAddress: 3 } as never);
    const ada = user('ada');
    for (const account of [ada, ada]) account.open();
    expect(() => ada.open()).toThrow(codeOf('too-many-documents'));
    ada.close();
    ada.open();
    const address = anonymous('1.1.1.1');
    for (let i = 0; i < 3; i++) address.open();
    expect(() => address.open()).toThrow(codeOf('too-many-documents'));
  });

  it('makes so many documents at once, and more as time passes', () => {
    const { user } = start({ newDocumentsPerHour: 4 } as never);
    const ada = user('ada');
    for (let i = 0; i < 4; i++) ada.create();
    expect(() => ada.create()).toThrow(codeOf('too-many-new-documents'));
    vi.advanceTimersByTime(HOUR_MS / 4 + 1);
    ada.create();
    expect(() => ada.create()).toThrow(codeOf('too-many-new-documents'));
    user('bob').create();
    vi.advanceTimersByTime(100 * HOUR_MS);
    for (let i = 0; i < 4; i++) ada.create();
    expect(() => ada.create()).toThrow(codeOf('too-many-new-documents'));
  });

  it('stores so many bytes, and what is refused takes nothing away', () => {
    const { user } = start({ storedBytesPerDay: 1_000 } as never);
    const ada = user('ada');
    ada.store(900);
    expect(() => ada.store(101)).toThrow(codeOf('storage-quota-exceeded'));
    ada.store(100);
    expect(() => ada.store(1)).toThrow(codeOf('storage-quota-exceeded'));
    vi.advanceTimersByTime(12.1 * HOUR_MS);
    ada.store(500);
  });
});

describe('accounts', () => {
  it('are forgotten when there is nothing to remember of them', () => {
    const { quotas, user } = start();
    for (let i = 0; i < 50_000; i++) user(`user ${i}`);
    expect(quotas.size).toBeLessThan(15_001);
  });

  it('of whom something is open are kept, and else those that were used last', () => {
    const { quotas, user } = start({ newDocumentsPerHour: 1 } as never);
    const open = user('open');
    open.open();
    const used = user('used');
    used.create();
    for (let i = 0; i < 50_000; i++) {
      user(`user ${i}`).create();
      if (i % 1_000 === 0) user('used');
    }
    expect(quotas.size).toBeLessThan(15_001);
    expect(user('open')).toBe(open);
    expect(() => user('used').create()).toThrow(codeOf('too-many-new-documents'));
    user('user 0').create(); // was forgotten
  });
});
