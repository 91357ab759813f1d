export const COLORS = [
  'ink',
  'grey',
  'red',
  'orange',
  'yellow',
  'green',
  'teal',
  'blue',
  'purple',
  'pink',
] as const;

/** Documents hold names of colours; each reader's page chooses the tone for its light or dark paper. */
export type ColorName = (typeof COLORS)[number];

/** The tones of one colour. */
export interface Tones {
  readonly line: string;
  /** Inside a filled shape. */
  readonly soft: string;
  /** The paper of a sticky note. */
  readonly note: string;
}

/** What a page is drawn with. */
export interface Palette {
  readonly isDark: boolean;
  readonly paper: string;
  readonly dots: string;
  readonly accent: string;
  readonly onNote: string;
  readonly tones: Readonly<Record<ColorName, Tones>>;
}

const LIGHT: Record<ColorName, string> = {
  ink: '#1d1d29',
  grey: '#73738a',
  red: '#d33b3b',
  orange: '#d96c0c',
  yellow: '#d19a00',
  green: '#1c8f4e',
  teal: '#0d8388',
  blue: '#2f66e0',
  purple: '#7747d6',
  pink: '#cf3a86',
};
const DARK: Record<ColorName, string> = {
  ink: '#ececf3',
  grey: '#9c9cb0',
  red: '#f87171',
  orange: '#fb923c',
  yellow: '#facc15',
  green: '#4ade80',
  teal: '#2dd4bf',
  blue: '#7aa7ff',
  purple: '#a78bfa',
  pink: '#f472b6',
};

export const LIGHT_PALETTE = paletteOf(LIGHT, false);
export const DARK_PALETTE = paletteOf(DARK, true);

function paletteOf(lines: Record<ColorName, string>, isDark: boolean): Palette {
  const paper = isDark ? '#16161d' : '#fbfbfd';
  const tones = Object.fromEntries(
    COLORS.map((name): [ColorName, Tones] => {
      const line = lines[name];
      const note = isDark ? mix(line, '#16161d', 0.6) : mix(line, '#ffffff', 0.62);
      return [name, { line, soft: mix(line, paper, isDark ? 0.76 : 0.84), note }];
    }),
  ) as Record<ColorName, Tones>;
  return {
    isDark,
    paper,
    dots: isDark ? '#2a2a37' : '#dedee8',
    accent: isDark ? '#8b85ff' : '#4f46e5',
    onNote: isDark ? '#f6f6fa' : '#1d1d29',
    tones,
  };
}

/** A colour, so far on the way to another. */
function mix(from: string, to: string, way: number): string {
  const channels = [1, 3, 5].map((at) => {
    const [a, b] = [from, to].map((color) => Number.parseInt(color.slice(at, at + 2), 16));
    return Math.round((a as number) + ((b as number) - (a as number)) * way);
  });
  return `#${channels.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}
