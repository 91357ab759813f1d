import { copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Scale } from './config.ts';
import { GROWTHS } from './growth/index.ts';
import { thisCommit, thisMachine } from './report/machine.ts';
import { formatValue } from './report/numbers.ts';
import type { GrowthResult, Result, RunResults } from './report/results.ts';
import { writeReport } from './report/write-report.ts';
import type { RunAnswer } from './run.ts';
import { SCENARIOS, scenarioNamed } from './scenarios/index.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { SERVERS, serverNamed } from './servers/index.ts';
import { installPeers } from './servers/peers.ts';
import type { ServerKind } from './servers/server.ts';
import { startRun } from './start-run.ts';

const APP = fileURLToPath(new URL('../', import.meta.url));

const HELP = `npm run bench -- [OPTION]... [SCENARIO]...

Measures Syncline beside Hocuspocus and y-websocket's server, which are installed at the first run.
Without names it runs all scenarios, one round, within 20 minutes. "growth" is how Syncline's costs grow.

  --rounds N        rounds, of which medians are taken (1)
  --only A,B        these servers: ${SERVERS.map(({ name }) => name).join(', ')}, syncline-hocuspocus
  --growth          measures how costs grow, too
  --quick           small magnitudes, to see that all works
  --trace FILE      a session to type, in the form of josephg/editing-traces
  --report FILE     measures nothing, and writes the report of a results.json; given twice,
                    what the second says of how costs grow is taken
  --publish         writes RESULTS.md and plots/ here, not only into the run's folder;
                    all scenarios on all servers do so without being told
  -h, --help        shows this help

Scenarios:
${[...SCENARIOS, ...GROWTHS].map(({ name, title }) => `  ${name.padEnd(17)} ${title}`).join('\n')}
`;

interface Plan {
  readonly rounds: number;
  readonly scale: Scale;
  readonly servers: readonly ServerKind[];
  readonly scenarios: readonly Scenario[];
  readonly growths: readonly string[];
  readonly traceFile?: string;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** All rounds: each scenario on each server in turn, so that what changes with time meets all. */
async function measureAll(plan: Plan): Promise<RunResults> {
  const { servers, scenarios, scale, rounds, traceFile } = plan;
  const started = new Date();
  const machine = await thisMachine();
  if (machine.load > 0.5) {
    say(`The machine is busy (load ${machine.load.toFixed(1)}): figures will be worth less.`);
  }
  const request = { scale, ...(traceFile !== undefined && { traceFile }) };
  const results: Result[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const scenario of scenarios) {
      say(`${rounds > 1 ? `[${round}/${rounds}] ` : ''}${scenario.title}`);
      for (const { name: server, title } of servers) {
        const begin = performance.now();
        const answer = await startRun({
          ...request,
          task: 'scenario',
          name: scenario.name,
          server,
        });
        results.push({ scenario: scenario.name, server, round, ...partsOf(answer) });
        const seconds = Math.round((performance.now() - begin) / 1000);
        say(`  ${title.padEnd(12)} ${String(seconds).padStart(4)} s  ${oneLine(scenario, answer)}`);
      }
    }
  }
  const commit = thisCommit();
  const growth: GrowthResult[] = [];
  for (const name of plan.growths) {
    say(GROWTHS.find((growth) => growth.name === name)?.title ?? name);
    const answer = await startRun({ ...request, task: 'growth', name, server: 'syncline' });
    growth.push({ name, commit, ...partsOf(answer) });
  }
  return {
    started: started.toISOString(),
    minutes: (Date.now() - started.getTime()) / 60_000,
    scale,
    rounds,
    commit,
    ...(traceFile !== undefined && { traceFile }),
    machine,
    servers: servers.map((kind) => ({
      name: kind.name,
      title: kind.title,
      version: kind.version(),
    })),
    scenarios: scenarios.map(({ name }) => name),
    results,
    growth,
  };
}

function partsOf(answer: RunAnswer): RunAnswer {
  if ('failure' in answer) return { failure: answer.failure };
  return 'numbers' in answer ? { numbers: answer.numbers } : { points: answer.points };
}

function oneLine({ figures }: Scenario, answer: RunAnswer): string {
  if ('failure' in answer) return `FAILED: ${answer.failure}`;
  const numbers = 'numbers' in answer ? answer.numbers : {};
  return figures
    .map(({ key, title, unit }) => `${title} ${formatValue(numbers[key] ?? Number.NaN, unit)}`)
    .join(' · ');
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '1' },
      only: { type: 'string' },
      growth: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      trace: { type: 'string' },
      report: { type: 'string', multiple: true },
      publish: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const root = process.env['INIT_CWD'] ?? process.cwd();
  if (values.report !== undefined) {
    const [run, growth] = await Promise.all(
      values.report.map(
        async (file) => JSON.parse(await readFile(resolve(root, file), 'utf8')) as RunResults,
      ),
    );
    if (run === undefined) return;
    await publish({ ...run, growth: growth?.growth ?? run.growth }, values.publish);
    return;
  }
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a number from 1 on');
  const growthNames = GROWTHS.map(({ name }) => name);
  const isGrowth = (name: string) => name === 'growth' || growthNames.includes(name);
  const named = positionals.filter((name) => !isGrowth(name)).map(scenarioNamed);
  const growths =
    values.growth || positionals.includes('growth')
      ? growthNames
      : growthNames.filter((name) => positionals.includes(name));
  const scenarios = positionals.length === 0 ? SCENARIOS : named;
  const servers = values.only?.split(',').map(serverNamed) ?? SERVERS;
  if (scenarios.length > 0 && servers.some(({ name }) => !name.startsWith('syncline'))) {
    await installPeers(say);
  }
  const run = await measureAll({
    rounds,
    scale: values.quick ? 'quick' : 'full',
    servers,
    scenarios,
    growths,
    ...(values.trace !== undefined && { traceFile: resolve(root, values.trace) }),
  });
  const isWhole = scenarios.length === SCENARIOS.length && servers === SERVERS && !values.quick;
  await publish(run, values.publish || isWhole);
  if (run.results.some(({ failure }) => failure !== undefined)) say('Some runs failed: see above.');
}

/** Writes a run into its folder; and to the place that the README links, if it is to be shown. */
async function publish(run: RunResults, isShown: boolean): Promise<void> {
  const folder = join(APP, 'runs', run.started.replaceAll(':', '-').slice(0, 19));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'results.json'), `${JSON.stringify(run, undefined, 2)}\n`);
  await writeReport(run, folder);
  say(`The report is ${join(folder, 'RESULTS.md')}`);
  if (!isShown) return;
  await rm(join(APP, 'plots'), { recursive: true, force: true });
  await cp(join(folder, 'plots'), join(APP, 'plots'), { recursive: true });
  await copyFile(join(folder, 'RESULTS.md'), join(APP, 'RESULTS.md'));
  await copyFile(join(folder, 'results.json'), join(APP, 'results.json'));
  say(`and ${join(APP, 'RESULTS.md')}`);
}

try {
  await main();
} catch (error) {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
