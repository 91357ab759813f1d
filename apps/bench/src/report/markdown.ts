import { MAGNITUDES } from '../config.ts';
import { GROWTHS } from '../growth/index.ts';
import { SCENARIOS } from '../scenarios/index.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { formatNumber, formatTarget, formatValue } from './numbers.ts';
import type { RunResults } from './results.ts';
import { type Cell, type Row, rowsOf } from './summary.ts';

const GIB = 2 ** 30;

/**
 * The report of a run, in Markdown. Its plots lie beside it, in `plots/`.
 * @param findings a section by hand, with its heading.
 */
export function writeMarkdown(run: RunResults, findings: string): string {
  const scenarios = SCENARIOS.filter(({ name }) => run.scenarios.includes(name));
  const sections = [
    "# Results\n\nWritten by `npm run bench`; don't edit. What is measured, and how, is in [README.md](README.md). The text on where the time goes is `findings.md`.",
    aboutRun(run),
    ...(scenarios.length > 0
      ? [targets(run, scenarios), findings, ...scenarios.map((scenario) => section(run, scenario))]
      : []),
    ...growthSections(run),
  ];
  return `${sections.join('\n\n')}\n`;
}

function aboutRun(run: RunResults): string {
  const { machine } = run;
  const session = run.traceFile === undefined ? 'made up by rule' : `\`${run.traceFile}\``;
  const rows = [
    [
      'measured',
      `${run.started}, ${run.rounds} ${run.rounds === 1 ? 'round' : 'rounds'}, ${formatNumber(run.minutes)} minutes`,
    ],
    ['commit', `\`${run.commit}\``],
    [
      'machine',
      `${machine.cores} cores, ${machine.model}, ${formatNumber(machine.memoryBytes / GIB)} GiB, ${machine.system}`,
    ],
    ['load before', formatNumber(machine.load)],
    [
      'a synced write before',
      `median ${formatNumber(machine.pace.syncMs.p50)} ms, 99 % below ${formatNumber(machine.pace.syncMs.p99)} ms`,
    ],
    [
      'the same work after a rest of 20 ms',
      `takes ${formatNumber(machine.pace.rest)} times as long`,
    ],
    ['Node.js', machine.node],
    ...run.servers.map(({ title, version }) => [title, version]),
    ['session typed', session],
  ];
  const warning =
    run.scale === 'quick'
      ? '\n\n> Measured with `--quick`: small magnitudes, to see that all works. These figures mean little.'
      : '';
  return `${table(['', ''], rows)}${warning}`;
}

function targets(run: RunResults, scenarios: readonly Scenario[]): string {
  const rows = scenarios.flatMap((scenario) =>
    rowsOf(run, scenario)
      .filter(({ figure }) => figure.target !== undefined)
      .map((row) => [
        `${scenario.title}: ${row.figure.title}`,
        formatCell(row.cells[0], row),
        formatRatio(row),
        formatTarget(row.figure),
        row.verdict === 'met' ? 'met' : `**${row.verdict ?? ''}**`,
      ]),
  );
  const [own] = run.servers;
  const head = ['', own?.title ?? '', 'to the better peer', 'target', ''];
  return `## Targets\n\n${table(head, rows)}\n\n![The figures with targets, for each server](plots/targets.svg)`;
}

function section(run: RunResults, scenario: Scenario): string {
  const rows = rowsOf(run, scenario).map((row) => [
    row.figure.title,
    ...row.cells.map((cell) => formatCell(cell, row)),
    formatRatio(row),
  ]);
  const head = ['', ...run.servers.map(({ title }) => title), 'to the better peer'];
  const failures = run.results
    .filter((result) => result.scenario === scenario.name && result.failure !== undefined)
    .map(({ server, round, failure }) => `- ${server}, round ${round}: FAILED. ${failure}`);
  return [
    `## ${scenario.title}`,
    `\`${scenario.name}\`: ${scenario.describe(MAGNITUDES[run.scale])}`,
    table(head, rows),
    ...(failures.length > 0 ? [failures.join('\n')] : []),
  ].join('\n\n');
}

function growthSections(run: RunResults): readonly string[] {
  if (run.growth.length === 0) return [];
  const sections = run.growth.map(({ name, commit, points, failure }) => {
    const growth = GROWTHS.find((growth) => growth.name === name);
    if (growth === undefined) return '';
    const measured = commit === run.commit ? '' : ` Measured in another run, with \`${commit}\`.`;
    const head = `### ${growth.title}\n\n${growth.expected}${measured}`;
    if (points === undefined) return `${head}\n\nFAILED: ${failure}`;
    const rows = points.map(({ x, values }) => [
      formatNumber(x),
      ...growth.lines.map(({ key }) => formatNumber(values[key] ?? Number.NaN)),
    ]);
    const columns = growth.lines.map(({ title }) => `${title} (${growth.yTitle})`);
    const plot = `![${growth.title}](plots/${name}.svg)`;
    return `${head}\n\n${plot}\n\n${table([growth.xTitle, ...columns], rows)}`;
  });
  return ['## How cost grows\n\nSyncline alone.', ...sections];
}

function formatCell(cell: Cell | undefined, { figure }: Row): string {
  if (cell === undefined) return '–';
  if ('failure' in cell) return cell.failure === 'not measured' ? '–' : '**FAILED**';
  const { median, lowest, highest } = cell;
  const spread = lowest === highest ? '' : ` (${formatNumber(lowest)}–${formatNumber(highest)})`;
  return `${formatValue(median, figure.unit)}${spread}`;
}

function formatRatio({ ratio }: Row): string {
  // With two digits, who misses a target by less would seem to meet it.
  return ratio === undefined ? '–' : `${ratio.toFixed(ratio < 1 ? 3 : 2)} ×`;
}

/** Numbers to the right, the first column to the left. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const [first = '', ...rest] = head;
  const lines = [
    [first, ...rest],
    ['---', ...rest.map(() => (rest.length > 1 ? '---:' : '---'))],
    ...rows,
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
