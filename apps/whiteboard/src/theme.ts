import { DARK_PALETTE, LIGHT_PALETTE, type Palette } from './palette.ts';

const dark = matchMedia('(prefers-color-scheme: dark)');

/** What the page is drawn with now. */
export function currentPalette(): Palette {
  return dark.matches ? DARK_PALETTE : LIGHT_PALETTE;
}

export function onPaletteChange(listener: () => void): void {
  dark.addEventListener('change', listener);
}

/** Sharper than this nobody sees it, and drawing takes the longer. */
const SHARPEST = 2;

/** Pixels of a canvas to a CSS pixel. */
export function pixelRatio(): number {
  return Math.min(SHARPEST, Math.max(1, devicePixelRatio));
}
