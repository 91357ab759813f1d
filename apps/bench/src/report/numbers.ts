import type { Figure, Target, Unit } from '../scenarios/scenario.ts';

/** Three digits that count, as people read them: `0.42`, `17.3`, `1,240`. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  const digits = size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 4;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

export function formatValue(value: number, unit: Unit): string {
  return `${formatNumber(value)} ${unit}`;
}

/** `≤ 0.4 of the better peer`, `≤ 30 ms`. */
export function formatTarget({ target, unit }: Figure): string {
  if (target === undefined) return '';
  const sign = target.bound === 'at most' ? '≤' : '≥';
  return target.of === 'itself'
    ? `${sign} ${formatValue(target.value, unit)}`
    : `${sign} ${formatRatio(target)}`;
}

function formatRatio({ value }: Target): string {
  return `${value.toFixed(2)} × the better peer`;
}
