import { describe, expect, test } from 'vitest';
import { GROWTHS } from '../growth/index.ts';
import { fanout } from '../scenarios/fanout.ts';
import { flood } from '../scenarios/flood.ts';
import { plotTargets } from './bar-plot.ts';
import { plotGrowth } from './line-plot.ts';
import { writeMarkdown } from './markdown.ts';
import { formatNumber } from './numbers.ts';
import type { Result, RunResults } from './results.ts';
import { rowsOf } from './summary.ts';

const SERVERS = ['syncline', 'hocuspocus', 'y-websocket'];

function runWith(results: readonly Result[], scenario = 'fanout'): RunResults {
  return {
    started: '2026-01-02T03:04:05.000Z',
    minutes: 12,
    scale: 'full',
    rounds: 3,
    commit: 'abcdef',
    machine: {
      cores: 2,
      model: 'A processor',
      memoryBytes: 2 ** 33,
      system: 'Linux',
      node: 'v20',
      load: 0,
      pace: { syncMs: { p50: 0.5, p99: 2 }, rest: 5 },
    },
    servers: SERVERS.map((name) => ({ name, title: name, version: '1' })),
    scenarios: [scenario],
    results,
    growth: [],
  };
}

/** Rounds of each server, in their order. */
function cpu(...rounds: readonly (readonly number[])[]): readonly Result[] {
  return rounds.flatMap((values, server) =>
    values.map((value, round) => ({
      scenario: 'fanout',
      server: SERVERS[server] ?? '',
      round: round + 1,
      numbers: { cpu: value, p50: 1, p99: 50, driver: 1 },
    })),
  );
}

describe('a row', () => {
  test('has medians, and compares ours with the better peer', () => {
    const [row] = rowsOf(runWith(cpu([5, 2, 3], [10, 12, 11], [30, 20, 10])), fanout);
    expect(row?.cells[0]).toEqual({ median: 3, lowest: 2, highest: 5 });
    expect(row?.ratio).toBeCloseTo(3 / 11);
    expect(row?.verdict).toBe('met');
  });

  test('is missed when ours is not so much better', () => {
    const [row] = rowsOf(runWith(cpu([5], [10], [30])), fanout);
    expect(row?.verdict).toBe('missed');
  });

  test('compares with the highest where more is better', () => {
    const results = cpu([300], [100], [110]).map((result) => ({
      ...result,
      scenario: 'flood',
      numbers: { rate: result.numbers?.['cpu'] ?? 0 },
    }));
    const [row] = rowsOf(runWith(results, 'flood'), flood);
    expect(row?.ratio).toBeCloseTo(300 / 110);
    expect(row?.verdict).toBe('met');
  });

  test('may have a target of its own', () => {
    const rows = rowsOf(runWith(cpu([1], [10], [10])), fanout);
    expect(rows.find(({ figure }) => figure.key === 'p99')?.verdict).toBe('missed');
  });

  test('leaves a failed peer out, however fast it was', () => {
    const failed = { scenario: 'fanout', server: 'hocuspocus', round: 2, failure: 'lost some' };
    const [row] = rowsOf(runWith([...cpu([5], [1], [30]), failed]), fanout);
    expect(row?.cells[1]).toEqual({ failure: 'in 1 of 2 rounds: lost some' });
    expect(row?.ratio).toBeCloseTo(5 / 30);
  });

  test('is missed when ours failed once', () => {
    const failed = { scenario: 'fanout', server: 'syncline', round: 2, failure: 'lost some' };
    const [row] = rowsOf(runWith([...cpu([1], [10], [30]), failed]), fanout);
    expect(row).toMatchObject({ ratio: undefined, verdict: 'missed' });
  });

  test('has nothing to compare with when all peers failed', () => {
    const failures = ['hocuspocus', 'y-websocket'].map((server) => ({
      scenario: 'fanout',
      server,
      round: 1,
      failure: 'lost some',
    }));
    const [row] = rowsOf(runWith([...cpu([1]), ...failures]), fanout);
    expect(row?.verdict).toBe('nothing to compare with');
  });
});

describe('the report', () => {
  test('says what was met, what was missed, and where it was measured', () => {
    const text = writeMarkdown(runWith(cpu([3, 4], [10, 10], [20, 20])), '## Findings');
    expect(text).toContain('| Fan-out: CPU a delivery | 3.5 µs (3–4) | 0.350 × | ≤ 0.40 ×');
    expect(text).toContain('| met |');
    expect(text).toContain('| **missed** |');
    expect(text).toContain('2 cores, A processor, 8 GiB');
  });

  test('says which server failed, and why', () => {
    const failed = { scenario: 'fanout', server: 'y-websocket', round: 3, failure: 'lost some' };
    const text = writeMarkdown(runWith([...cpu([3], [10]), failed]), '');
    expect(text).toContain('**FAILED**');
    expect(text).toContain('- y-websocket, round 3: FAILED. lost some');
  });

  test('warns of small magnitudes', () => {
    expect(writeMarkdown({ ...runWith(cpu([1], [1], [1])), scale: 'quick' }, '')).toContain(
      '--quick',
    );
    expect(writeMarkdown(runWith(cpu([1], [1], [1])), '')).not.toContain('--quick');
  });
});

describe('plots', () => {
  test('have a bar for each server, in proportion', () => {
    const svg = plotTargets(runWith(cpu([2], [4], [8])));
    const widths = [...svg.matchAll(/<rect class="(?:own|peer)"[^>]* width="([\d.]+)"/g)].map(
      ([, width]) => Number(width),
    );
    expect(widths.slice(0, 3)).toEqual([(widths[2] ?? 0) / 4, (widths[2] ?? 0) / 2, widths[2]]);
  });

  test('say that a server failed in place of its bar', () => {
    const failed = { scenario: 'fanout', server: 'y-websocket', round: 1, failure: 'lost <some>' };
    expect(plotTargets(runWith([...cpu([2], [4]), failed]))).toContain('>failed<');
  });

  test.each(GROWTHS.map((growth) => [growth.name, growth] as const))(
    '%s stays within its frame, with 0 and large numbers',
    (_name, growth) => {
      const values = (value: number) =>
        Object.fromEntries(growth.lines.map(({ key }) => [key, value]));
      const svg = plotGrowth(growth, [
        { x: 2, values: values(0) },
        { x: 30, values: values(7.3) },
        { x: 500, values: values(91_234) },
      ]);
      const dots = [...svg.matchAll(/<circle class="f0" cx="([\d.]+)" cy="([\d.]+)"/g)];
      expect(dots).toHaveLength(3);
      const places = dots.map(([, x, y]) => [Number(x), Number(y)] as const);
      for (const [x, y] of places) {
        expect(x).toBeGreaterThanOrEqual(76);
        expect(x).toBeLessThanOrEqual(696);
        expect(y).toBeGreaterThanOrEqual(62);
        expect(y).toBeLessThanOrEqual(308);
      }
      const heights = places.map(([, y]) => y);
      expect(heights).toEqual(heights.toSorted((a, b) => b - a));
      expect(svg).not.toContain('NaN');
    },
  );
});

test('numbers have three digits that count', () => {
  expect([0, 0.01234, 0.4213, 3.456, 17.34, 1234.5].map(formatNumber)).toEqual([
    '0',
    '0.0123',
    '0.42',
    '3.46',
    '17.3',
    '1,235',
  ]);
});
