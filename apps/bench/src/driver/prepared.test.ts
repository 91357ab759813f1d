import { generateTrace } from '@syncline/testing';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { Delays } from './delays.ts';
import { documentWith, prepareMoves, prepareTrace, prepareTyping } from './prepared.ts';
import { WrittenDocument } from './written-document.ts';

describe.each([
  ['typing', () => prepareTyping(3, 60)],
  ['moves', () => prepareMoves(3, 60, 2)],
  ['a trace', () => prepareTrace(generateTrace(300))],
])('%s', (_name, prepare) => {
  test('each update brings structs, up to the clock that is said', () => {
    const { base, writers } = prepare();
    for (const { client, updates, clocks } of writers) {
      expect(clocks).toHaveLength(updates.length);
      const doc = documentWith([base]);
      for (const [index, update] of updates.entries()) {
        const before = Y.getState(doc.store, client);
        Y.applyUpdate(doc, update);
        expect(Y.getState(doc.store, client)).toBe(clocks[index]);
        expect(clocks[index]).toBeGreaterThan(before);
      }
    }
  });

  test('writers do not wait for each other', () => {
    const { base, writers } = prepare();
    const backwards = writers.toReversed().flatMap(({ updates }) => updates);
    const doc = documentWith([base, ...backwards]);
    expect(doc.store.pendingStructs).toBeNull();
  });
});

test('a trace ends as it ended', () => {
  const trace = generateTrace(300);
  const { base, writers } = prepareTrace(trace);
  const doc = documentWith([base, ...(writers[0]?.updates ?? [])]);
  expect(doc.getText('text').toJSON()).toBe(trace.endContent);
});

test.each([10_000, 150_000, 1_000_000])(
  'a written document is %i bytes, or little more',
  (bytes) => {
    const { length } = new WrittenDocument(bytes).encoded();
    expect(length).toBeGreaterThanOrEqual(bytes);
    expect(length).toBeLessThan(bytes * 1.1);
  },
);

test('who left comes back with what they had, and is not said to have more', () => {
  const written = new WrittenDocument(10_000);
  const before = written.encoded();
  const away = written.departure();
  written.write(2);
  const all = written.encoded();
  const { stateVector, answer } = away(all);
  const missing = Y.diffUpdate(all, stateVector);
  const expected = Y.snapshot(documentWith([all]));
  expect(Y.equalSnapshots(Y.snapshot(documentWith([before, missing])), expected)).toBe(true);
  expect(Y.equalSnapshots(Y.snapshot(documentWith([before])), expected)).toBe(false);
  expect(Y.parseUpdateMeta(answer).to.size).toBe(0);
});

test('quantiles of delays are right to a tenth of a millisecond', () => {
  const delays = new Delays();
  for (let ms = 1; ms <= 99; ms++) delays.add(ms);
  delays.add(4_321);
  expect(delays.quantile(0.5)).toBeCloseTo(50.1);
  expect(delays.quantile(0.99)).toBeCloseTo(99.1);
  expect(delays.quantile(1)).toBe(4_330);
});
