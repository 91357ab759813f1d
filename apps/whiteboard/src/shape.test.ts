import { expect, it } from 'vitest';
import { fieldsOf, MAX_TEXT, shapeOf } from './shape.ts';

const good = { kind: 'rectangle', x: 1, y: 2, w: 3, h: 4, z: 'V', color: 'red' };

it('is the same for the same record, and none for what is no shape', () => {
  expect(shapeOf('a', good)).toBe(shapeOf('a', good));
  const bad: unknown[] = [
    null,
    7,
    'rectangle',
    [],
    {},
    { ...good, kind: 'hologram' },
    { ...good, kind: ['rectangle'] },
    { ...good, x: Number.NaN },
    { ...good, w: Infinity },
    { ...good, y: '2' },
    { kind: 'rectangle', x: 1, y: 2 },
    { ...good, kind: 'pen' },
    { ...good, kind: 'pen', points: 'no stroke' },
    { ...good, kind: 'pen', points: { x: 1 } },
  ];
  for (const record of bad) expect(shapeOf('a', record)).toBeUndefined();
  expect(shapeOf('', { ...good })).toBeUndefined();
  expect(shapeOf('x'.repeat(65), { ...good })).toBeUndefined();
});

it('keeps what can be drawn within bounds', () => {
  const shape = shapeOf('a', {
    ...good,
    x: 1e300,
    w: -1e300,
    color: 'url(evil)',
    z: { deep: {} },
    fill: 7,
    text: 'long '.repeat(10_000),
    size: -3,
  });
  expect(shape).toMatchObject({ color: 'ink', fill: 'none', z: 'V', size: 4 });
  expect(shape?.text).toHaveLength(MAX_TEXT);
  expect(shape?.bounds.w).toBeLessThanOrEqual(1e5);
  expect(shape?.bounds.x).toBeLessThanOrEqual(1e6);
});

it('writes only the fields that its kind has', () => {
  const shape = shapeOf('a', { ...good });
  expect(shape && fieldsOf(shape)).toEqual({ ...good, fill: 'none' });
  const arrow = shapeOf('b', { ...good, kind: 'arrow', w: -30, text: '', size: 9, fill: 'soft' });
  expect(arrow && fieldsOf(arrow)).toEqual({ ...good, kind: 'arrow', w: -30 });
});
