import type { SynclineProvider as DocumentProvider } from '@syncline/client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { closeWhenSaved } from './close-when-saved.ts';

/** What is used of a provider. */
function fake(state: 'saved' | 'saving', saved: () => Promise<void>) {
  const calls: string[] = [];
  const provider = {
    awareness: { setLocalState: (value: unknown) => calls.push(`presence ${String(value)}`) },
    subdocuments: new Map(),
    saveState: { state },
    saved: async () => {
      calls.push('saved?');
      await saved();
    },
    close: async () => {
      calls.push('closed');
    },
  };
  return { provider: provider as unknown as DocumentProvider, calls };
}

const never = () => new Promise<void>(() => {});

describe('closeWhenSaved', () => {
  afterEach(() => vi.useRealTimers());

  it('closes at once what is saved', () => {
    const { provider, calls } = fake('saved', never);
    void closeWhenSaved(provider);
    expect(calls).toEqual(['presence null', 'closed']);
  });

  it('waits for what is not saved, ten seconds at most', async () => {
    vi.useFakeTimers();
    const { provider, calls } = fake('saving', never);
    const closed = closeWhenSaved(provider);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(calls).toEqual(['presence null', 'saved?']);
    await vi.advanceTimersByTimeAsync(1);
    await closed;
    expect(calls.at(-1)).toBe('closed');
  });

  it.each([
    ['is saved', () => Promise.resolve()],
    ['cannot be saved', () => Promise.reject(new Error('read-only'))],
  ])('closes as soon as it %s, and leaves no timer', async (_, saved) => {
    vi.useFakeTimers();
    const { provider, calls } = fake('saving', saved);
    await closeWhenSaved(provider);
    expect(calls.at(-1)).toBe('closed');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits for subdocuments, too', async () => {
    const { provider, calls } = fake('saved', () => Promise.resolve());
    const sub = fake('saving', () => Promise.resolve());
    (provider.subdocuments as Map<string, DocumentProvider>).set('guid', sub.provider);
    await closeWhenSaved(provider);
    expect(sub.calls).toEqual(['saved?']);
    expect(calls.at(-1)).toBe('closed');
  });
});
