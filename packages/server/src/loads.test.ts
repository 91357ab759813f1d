import { expect, it } from 'vitest';
import { Loads } from './loads.ts';

/** Loads that end when they are told to. */
function held() {
  const loads = new Loads<number>();
  const begun: number[] = [];
  const ends = new Map<number, () => void>();
  const run = (key: number) =>
    loads.run(key, async () => {
      begun.push(key);
      await new Promise<void>((resolve) => ends.set(key, resolve));
      return key;
    });
  return { loads, begun, run, end: (key: number) => ends.get(key)?.() };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('reads 64 at a time, in the order in which they were asked for', async () => {
  const { begun, run, end } = held();
  const results = Array.from({ length: 70 }, (_, key) => run(key));
  await turn();
  expect(begun).toHaveLength(64);
  end(7);
  end(3);
  await turn();
  expect(begun.slice(64)).toEqual([64, 65]);
  for (let key = 0; key < 70; key++) {
    end(key);
    await turn();
  }
  expect(await Promise.all(results)).toEqual(results.map((_, key) => key));
});

it('goes on after a load that failed', async () => {
  const loads = new Loads<number>();
  const failing = Array.from({ length: 200 }, (_, key) =>
    loads.run(key, () => Promise.reject(new Error(`${key}`))),
  );
  const results = await Promise.allSettled(failing);
  expect(results.every(({ status }) => status === 'rejected')).toBe(true);
  expect(await loads.run(1, () => Promise.resolve('read'))).toBe('read');
  expect(loads.waitedMs(1)).toBe(0);
});

it('says how long who comes now will wait: as long as the next one has, or its own load', async () => {
  const { loads, run } = held();
  void run(0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(loads.waitedMs(0)).toBeGreaterThan(15);
  expect(loads.waitedMs(1)).toBe(0);
  for (let key = 1; key <= 64; key++) void run(key);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(loads.waitedMs(99)).toBeGreaterThan(15);
});
