import { expect, it } from 'vitest';
import { colorOf } from './color.ts';

function contrastWithWhite(color: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05);
}

it('gives each user a colour that white text is readable on', () => {
  const colors = Array.from({ length: 2_000 }, (_, i) => colorOf(`user-${i}`));
  for (const color of colors) {
    expect(color).toMatch(/^#[0-9a-f]{6}$/);
    expect(contrastWithWhite(color)).toBeGreaterThanOrEqual(4.5);
  }
  expect(new Set(colors).size).toBeGreaterThan(500);
});

it('gives the same user the same colour, everywhere', () => {
  expect(colorOf('ada')).toBe(colorOf('ada'));
  expect(colorOf(17)).toBe(colorOf('17'));
  // Written down: another machine must come to the same.
  expect([colorOf('ada'), colorOf('bob'), colorOf('')]).toMatchInlineSnapshot(`
    [
      "#e7131a",
      "#6c7b24",
      "#1a7bb7",
    ]
  `);
});
