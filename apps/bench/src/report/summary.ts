import type { Figure, Scenario, Target } from '../scenarios/scenario.ts';
import type { RunResults } from './results.ts';

/** A figure of one server: the median of its rounds, or why there is none. */
export type Cell =
  | { readonly median: number; readonly lowest: number; readonly highest: number }
  | { readonly failure: string };

export type Verdict = 'met' | 'missed' | 'nothing to compare with';

/** A figure of all servers, in the run's order. */
export interface Row {
  readonly figure: Figure;
  readonly cells: readonly Cell[];
  /** Ours in proportion to the better peer's. */
  readonly ratio: number | undefined;
  readonly verdict: Verdict | undefined;
}

/** One server failed in one round: it failed. */
export function cellOf(run: RunResults, scenario: string, server: string, figure: Figure): Cell {
  const results = run.results.filter(
    (result) => result.scenario === scenario && result.server === server,
  );
  const failed = results.filter(({ failure }) => failure !== undefined);
  const [first] = failed;
  if (first?.failure !== undefined) {
    return { failure: `in ${failed.length} of ${results.length} rounds: ${first.failure}` };
  }
  const values = results
    .map(({ numbers }) => numbers?.[figure.key])
    .filter((value) => value !== undefined)
    .sort((a, b) => a - b);
  const [lowest, highest] = [values[0], values.at(-1)];
  if (lowest === undefined || highest === undefined) return { failure: 'not measured' };
  return { median: medianOf(values), lowest, highest };
}

/** The rows of a scenario. The first server is ours, the others are its peers. */
export function rowsOf(run: RunResults, scenario: Scenario): readonly Row[] {
  return scenario.figures.map((figure) => {
    const cells = run.servers.map(({ name }) => cellOf(run, scenario.name, name, figure));
    const ratio = figure.isContext ? undefined : ratioOf(figure, cells);
    return { figure, cells, ratio, verdict: verdictOf(figure.target, cells[0], ratio) };
  });
}

/** Against the better peer of those that did not fail. */
function ratioOf({ better }: Figure, [own, ...peers]: readonly Cell[]): number | undefined {
  const medians = peers.flatMap((cell) => ('median' in cell ? [cell.median] : []));
  if (own === undefined || !('median' in own) || medians.length === 0) return undefined;
  const best = better === 'lower' ? Math.min(...medians) : Math.max(...medians);
  return best === 0 ? undefined : own.median / best;
}

function verdictOf(
  target: Target | undefined,
  own: Cell | undefined,
  ratio: number | undefined,
): Verdict | undefined {
  if (target === undefined) return undefined;
  if (own === undefined || !('median' in own)) return 'missed';
  const value = target.of === 'itself' ? own.median : ratio;
  if (value === undefined) return 'nothing to compare with';
  const isMet = target.bound === 'at most' ? value <= target.value : value >= target.value;
  return isMet ? 'met' : 'missed';
}

/** @param values in ascending order, at least one. */
function medianOf(values: readonly number[]): number {
  const middle = values.length / 2;
  const [below, above] = [values[Math.ceil(middle) - 1], values[Math.floor(middle)]];
  return ((below ?? Number.NaN) + (above ?? Number.NaN)) / 2;
}
