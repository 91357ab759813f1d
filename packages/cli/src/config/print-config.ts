import { defaultRules } from '@syncline/server/access';
import { maskPasswords } from '../service-url.ts';
import type { Settings } from './settings.ts';

const HIDDEN = '…';

/** The settings in force and who says each, as JSON with one a line; secrets and passwords do not show. */
export function formatSettings({ list, way }: Settings): string {
  const settings = list.map(({ path, value, source }) => ({
    path,
    value: shown(path, value),
    source,
  }));
  if (!list.some(({ path }) => path === 'rules')) {
    const value = JSON.stringify(defaultRules(way !== undefined));
    settings.push({ path: 'rules', value, source: 'default' });
  }
  const lines = settings
    .toSorted((a, b) => a.path.localeCompare(b.path, 'en'))
    .map(({ path, value, source }) => [
      `${JSON.stringify(path)}:`,
      `{ "from": ${JSON.stringify(source)},`,
      `"value": ${value} }`,
    ]);
  const [first, second] = [0, 1].map((column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const rows = lines.map(
    ([path = '', from = '', value = '']) =>
      `  ${path.padEnd(first ?? 0)} ${from.padEnd(second ?? 0)} ${value}`,
  );
  return `{\n${rows.join(',\n')}\n}\n`;
}

function shown(path: string, value: unknown): string {
  if (path === 'auth.secret') return JSON.stringify(HIDDEN);
  if (typeof value === 'string') return JSON.stringify(maskPasswords(value));
  return JSON.stringify(typeof value === 'function' ? 'function' : value);
}
