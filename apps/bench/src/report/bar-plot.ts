import { SCENARIOS } from '../scenarios/index.ts';
import { formatValue } from './numbers.ts';
import type { RunResults } from './results.ts';
import { rowsOf } from './summary.ts';
import { at, line, svg, text } from './svg.ts';

const COLUMNS = 2;
const PANEL_WIDTH = 430;
const BAR_HEIGHT = 16;
const BAR_STEP = 22;
const HEAD = 44;
const LABEL_WIDTH = 104;
const VALUE_WIDTH = 92;
const GAP = 20;

/** A panel for each figure that has a target: a bar a server, and where ours may end at most. */
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
    const bars = run.servers.flatMap((server, place) => {
      const y = first + place * BAR_STEP;
      const median = medians[place];
      const style = place === 0 ? 'strong' : undefined;
      const label = { x: zero - 8, y: y + 13, text: server.title };
      const written = median === undefined ? 'failed' : formatValue(median, unit);
      const width = median === undefined ? 0 : Math.max(1, scaled(median));
      return [
        text({ ...label, style: place === 0 ? 'strong end' : 'end' }),
        `<rect class="${place === 0 ? 'own' : 'peer'}" x="${at(zero)}" y="${at(y)}" width="${at(width)}" height="${BAR_HEIGHT}" rx="2"/>`,
        text({ x: zero + width + 6, y: y + 13, text: written, ...(style && { style }) }),
      ];
    });
    const sign = target?.bound === 'at least' ? 'at least' : 'at most';
    const mark =
      bound !== undefined && Number.isFinite(bound)
        ? [
            line(
              'mark',
              zero + scaled(bound),
              first - 4,
              zero + scaled(bound),
              first + BAR_HEIGHT + 4,
            ),
          ]
        : [];
    return [
      text({ x: left, y: top + 16, text: scenario.title, style: 'title' }),
      text({
        x: left,
        y: top + 34,
        text: `${row.figure.title}; dashed: ${sign} is the target`,
        style: 'small',
      }),
      ...bars,
      ...mark,
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
