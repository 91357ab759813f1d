import './page.ts';
import { SynclineProvider as DocumentProvider } from '@syncline/client';
import { type ServerOptions, type SyncServer, startServer } from '@syncline/server';
import { MemoryStore } from '@syncline/storage';
import { cleanup, waitFor } from '@testing-library/react';
import { afterEach, expect, vi } from 'vitest';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  cleanup();
  for (const cleanUp of cleanups.splice(0).toReversed()) await cleanUp();
});

/** Does this when the test ends, after the components are gone. */
export function atEnd(cleanUp: () => unknown): void {
  cleanups.push(cleanUp);
}

/** An in-memory store whose commits can be held. */
export class HeldStore extends MemoryStore {
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => {};

  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#open();
  }

  override async append(...args: Parameters<MemoryStore['append']>) {
    await this.#gate;
    return await super.append(...args);
  }
}

export interface Harness {
  readonly url: string;
  readonly server: SyncServer;
  /** How many connections there are now. */
  connections(): Promise<number>;
}

/** A server in this process, which goes when the test ends. */
export async function serve(options: Partial<ServerOptions> = {}): Promise<Harness> {
  const store = options.store ?? new MemoryStore();
  const server = await startServer({ host: '127.0.0.1', port: 0, ...options, store });
  atEnd(async () => {
    await server.close();
    await store.close();
  });
  const connections = async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    return Number(/^syncline_connections (\d+)$/m.exec(metrics)?.[1]);
  };
  return { url: server.url, server, connections };
}

/** Somebody else, without React; gone when the test ends. */
export async function somebody(url: string, documentId: string): Promise<DocumentProvider> {
  const provider = new DocumentProvider({ url, documentId });
  atEnd(() => provider.close());
  await provider.whenSynced;
  return provider;
}

/** Waits longer than the library's second: the machine may be busy. */
export const eventually: typeof waitFor = (check, options) =>
  waitFor(check, { timeout: 8_000, interval: 10, ...options });

/** Counts what React complains about; the test fails when there is something at its end. */
export function watchConsole(): void {
  const spies = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn')];
  atEnd(() => {
    const calls = spies.flatMap((spy) => spy.mock.calls);
    for (const spy of spies) spy.mockRestore();
    expect(calls).toEqual([]);
  });
}
