const SIZES: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

const TIMES: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `64MiB`, `1.5 KiB` or `100` in bytes; undefined for what is no size. */
export function parseSize(text: string): number | undefined {
  return parse(text, SIZES, 'B');
}

/** `30s`, `1h` or `7d` in milliseconds; undefined for what is no duration. */
export function parseDuration(text: string): number | undefined {
  return parse(text, TIMES, undefined);
}

function parse(
  text: string,
  units: Readonly<Record<string, number>>,
  noUnit: string | undefined,
): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text.trim());
  const unit = match?.[2] === '' ? noUnit : match?.[2];
  if (match === null || unit === undefined || !Object.hasOwn(units, unit)) return undefined;
  return Number(match[1]) * (units[unit] ?? Number.NaN);
}
