/** The contrast with white that WCAG 2 asks of text (AA). */
const CONTRAST = 4.5;

const known = new Map<string, string>();
/** Bounds what ids of passers-by take. */
const MAX_KNOWN = 10_000;
const MAX_LENGTH = 200;

/**
 * A colour for a user: the same one for the same key, on every machine. White text on it is readable
 * (a contrast of 4.5 or more).
 *
 * @param key of longer ones, the first 200 characters count
 * @returns `#rrggbb`
 */
export function colorOf(key: string | number): string {
  // In JavaScript it may be anything that somebody sent.
  const id =
    typeof key === 'string' || typeof key === 'number' ? `${key}`.slice(0, MAX_LENGTH) : '';
  let color = known.get(id);
  if (color === undefined) {
    color = readable(hash(id));
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(id, color);
  }
  return color;
}

function readable(seed: number): string {
  const hue = seed % 360;
  const saturation = 55 + ((seed >>> 9) % 4) * 10;
  // Hues differ in how bright they look: yellow must be far darker than blue.
  for (let lightness = 52; ; lightness--) {
    const rgb = rgbOf(hue, saturation / 100, lightness / 100);
    if (1.05 / (luminance(rgb) + 0.05) >= CONTRAST) return hex(rgb);
  }
}

type Rgb = readonly [number, number, number];

/** https://www.w3.org/TR/css-color-4/#hsl-to-rgb, in bytes. */
function rgbOf(hue: number, saturation: number, lightness: number): Rgb {
  const channel = (n: number): number => {
    const k = (n + hue / 30) % 12;
    const a = saturation * Math.min(lightness, 1 - lightness);
    return Math.round(255 * (lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

/** https://www.w3.org/TR/WCAG21/#dfn-relative-luminance */
function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((byte) => {
    const c = byte / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function hex(rgb: Rgb): string {
  return `#${rgb.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** FNV-1a of 32 bits, with the finish of MurmurHash3 so that ids that differ in one character spread. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
