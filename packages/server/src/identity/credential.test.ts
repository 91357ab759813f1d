import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Credential } from './credential.ts';
import type { Identity, RequestFacts } from './identity.ts';

const request: RequestFacts = { address: '', origin: undefined, path: '/', headers: {} };
const DAY_MS = 86_400_000;

function identity(expiresInMs?: number, id = 'ada'): Identity {
  return {
    user: { id },
    ...(expiresInMs !== undefined && { expiresAt: Date.now() + expiresInMs }),
  };
}

function watched(expiresInMs?: number) {
  const credential = new Credential(identity(expiresInMs), request);
  const events = { expiring: vi.fn<(inMs: number) => void>(), expired: vi.fn<() => void>() };
  credential.events = events;
  return { credential, ...events };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a credential', () => {
  it('gives notice a minute before its end, and then ends', () => {
    const { expiring, expired } = watched(600_000);
    vi.advanceTimersByTime(539_999);
    expect(expiring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(expiring.mock.calls).toEqual([[60_000]]);
    vi.advanceTimersByTime(59_999);
    expect(expired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(expired).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(DAY_MS);
    expect(expiring).toHaveBeenCalledOnce();
    expect(expired).toHaveBeenCalledOnce();
  });

  it('that is shorter than that gives notice at half its time', () => {
    const { expiring, expired } = watched(2_000);
    vi.advanceTimersByTime(999);
    expect(expiring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(expiring.mock.calls).toEqual([[1_000]]);
    vi.advanceTimersByTime(1_000);
    expect(expired).toHaveBeenCalledOnce();
  });

  it('that holds longer than a timer can wait does not end early, nor without notice', () => {
    const { expiring, expired } = watched(60 * DAY_MS);
    vi.advanceTimersByTime(60 * DAY_MS - 60_001);
    expect(expiring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(expiring).toHaveBeenCalledOnce();
    expect(expired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(60_000);
    expect(expired).toHaveBeenCalledOnce();
  });

  it('is not over while its clock says so, however early a timer is', () => {
    const { expired } = watched(2_000);
    vi.advanceTimersByTime(1_000);
    const setBack = Date.now() - 500;
    vi.setSystemTime(setBack);
    vi.advanceTimersByTime(1_499);
    expect(expired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(expired).toHaveBeenCalledOnce();
  });

  it('without an end has no timers', () => {
    const { credential } = watched();
    expect(vi.getTimerCount()).toBe(0);
    expect(credential.expiresInMs).toBe(0);
  });

  it('has no timers when it is closed, or forgotten', () => {
    const [closed, forgotten] = [watched(2_000), watched(2_000)];
    expect(vi.getTimerCount()).toBe(2);
    closed.credential.close();
    forgotten.credential.forget();
    expect(vi.getTimerCount()).toBe(0);
    expect(forgotten.credential.identity.user).toBeNull();
  });
});

describe('a newer token', () => {
  it('moves the end', () => {
    const { credential, expiring, expired } = watched(2_000);
    vi.advanceTimersByTime(1_500);
    credential.renew(identity(600_000));
    vi.advanceTimersByTime(500_000);
    expect(expired).not.toHaveBeenCalled();
    expect(expiring).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(100_000);
    expect(expiring).toHaveBeenCalledTimes(2);
    expect(expired).toHaveBeenCalledOnce();
  });

  it('that ends when the old one does is no reason to ask again', () => {
    const { credential, expiring, expired } = watched(2_000);
    const same = identity(2_000);
    vi.advanceTimersByTime(1_000);
    credential.renew(same);
    vi.advanceTimersByTime(999);
    expect(expiring).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(1);
    expect(expired).toHaveBeenCalledOnce();
  });

  it('of somebody else is refused, and the old one holds', () => {
    const { credential } = watched(2_000);
    const refused = expect.objectContaining({ code: 'token-invalid' });
    expect(() => credential.renew(identity(600_000, 'bob'))).toThrow(refused);
    expect(() => credential.renew({ user: null })).toThrow(refused);
    expect(credential.identity.user?.id).toBe('ada');
    expect(credential.expiresInMs).toBe(2_000);
  });

  it('of anybody is taken by who was nobody', () => {
    const credential = new Credential({ user: null }, request);
    credential.renew(identity(2_000));
    expect(credential.identity.user?.id).toBe('ada');
  });
});
