import { expect, it } from 'vitest';
import { decodeStroke, encodeStroke, encodeWithin, simplified } from './stroke.ts';

const wave = Array.from({ length: 3_000 }, (_, index) => ({
  x: index * 1.7,
  y: 200 + 150 * Math.sin(index / 20) + (index % 7),
}));

it('reads back what it wrote, to a sixteenth', () => {
  const stroke = decodeStroke(encodeStroke(wave));
  expect(stroke?.points.length).toBe(wave.length);
  for (const [index, { x, y }] of (stroke?.points ?? []).entries()) {
    expect(Math.abs(x - (wave[index]?.x ?? NaN))).toBeLessThanOrEqual(1 / 16);
    expect(Math.abs(y - (wave[index]?.y ?? NaN))).toBeLessThanOrEqual(1 / 16);
  }
});

it('refuses what is no stroke', () => {
  for (const text of ['', 'A', 'g', 'AA!A', '////////', 'x'.repeat(50_000), 'ggggggggA']) {
    expect(decodeStroke(text)).toBeUndefined();
  }
  // Deltas that add up to somewhere far away.
  const far = encodeStroke([{ x: 9e5, y: 0 }]);
  expect(decodeStroke(far)).toBeDefined();
  expect(decodeStroke(far + far)).toBeUndefined();
});

it('leaves out what nobody sees', () => {
  const line = Array.from({ length: 100 }, (_, index) => ({ x: index, y: 0.1 * (index % 2) }));
  expect(simplified(line, 0.5)).toHaveLength(2);
  expect(simplified(wave, 0.5).length).toBeLessThan(wave.length);
});

it('writes any line within a limit', () => {
  const scribble = Array.from({ length: 5_000 }, (_, index) => ({
    x: 5_000 + 5_000 * Math.sin(index * 12.9898),
    y: 5_000 + 5_000 * Math.cos(index * 78.233),
  }));
  for (const limit of [200, 6_000, 40_000]) {
    const text = encodeWithin(scribble, limit);
    expect(text.length).toBeLessThanOrEqual(limit);
    expect(decodeStroke(text)).toBeDefined();
  }
});
