import { SCENARIOS } from '../scenarios/index.ts';
import { formatTarget, formatValue } from './numbers.ts';
import type { RunResults } from './results.ts';
import { rowsOf } from './summary.ts';
import { at, line, svg, text } from './svg.ts';

const COLUMNS = 2;
const PANEL_WIDTH = 430;
const BAR_HEIGHT = 16;
const BAR_STEP = 22;
const HEAD = 44;
const LABEL_WIDTH = 104;
const VALUE_WIDTH = 124;
const GAP = 20;

/** A panel for each figure that has a target: a bar a server, and a mark where ours is to end. */
export function plotTargets(run: RunResults): string {
  const panels = SCENARIOS.filter(({ name }) => run.scenarios.includes(name)).flatMap((scenario) =>
    rowsOf(run, scenario)
      .filter(({ figure }) => figure.target !== undefined)
      .map((row) => ({ scenario, row })),
  );
  const panelHeight = HEAD + run.servers.length * BAR_STEP + GAP;
  const barWidth = PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const parts = panels.flatMap(({ scenario, row }, index) => {
    const left = (index % COLUMNS) * (PANEL_WIDTH + GAP);
    const top = Math.floor(index / COLUMNS) * panelHeight;
    const medians = row.cells.map((cell) => ('median' in cell ? cell.median : undefined));
    const peers = medians.slice(1).filter((median) => median !== undefined);
    const { target, better, unit } = row.figure;
    const best = better === 'lower' ? Math.min(...peers) : Math.max(...peers);
    const bound = target && (target.of === 'itself' ? target.value : target.value * best);
    const known = [...medians, bound].filter((value) => value !== undefined);
    const most = Math.max(...known.filter((value) => Number.isFinite(value)));
    const scaled = (value: number) => (most > 0 ? (value / most) * barWidth : 0);
    const first = top + HEAD;
    const zero = left + LABEL_WIDTH;
    const mark = bound === undefined || !Number.isFinite(bound) ? undefined : zero + scaled(bound);
    const bars = run.servers.flatMap((server, place) => {
      const y = first + place * BAR_STEP;
      const isOwn = place === 0;
      const median = medians[place];
      const written = median === undefined ? 'failed' : formatValue(median, unit);
      const end = zero + (median === undefined ? 0 : Math.max(1, scaled(median)));
      // What is written beside our bar stands clear of the mark.
      const right = isOwn ? Math.max(end, mark ?? 0) : end;
      return [
        text({ x: zero - 8, y: y + 13, text: server.title, style: isOwn ? 'strong end' : 'end' }),
        `<rect class="${isOwn ? 'own' : 'peer'}" x="${at(zero)}" y="${at(y)}" width="${at(end - zero)}" height="${BAR_HEIGHT}" rx="2"/>`,
        text({ x: right + 7, y: y + 13, text: written, ...(isOwn && { style: 'strong' }) }),
      ];
    });
    const subtitle = `${row.figure.title} · target ${formatTarget(row.figure)}`;
    return [
      text({ x: left, y: top + 16, text: scenario.title, style: 'title' }),
      text({ x: left, y: top + 34, text: subtitle, style: 'small' }),
      ...bars,
      ...(mark === undefined ? [] : [line('mark', mark, first - 4, mark, first + BAR_HEIGHT + 4)]),
    ];
  });
  const rows = Math.ceil(panels.length / COLUMNS);
  return svg(
    PANEL_WIDTH * COLUMNS + GAP,
    rows * panelHeight,
    'The figures with targets, for each server',
    parts,
  );
}
