import type { Growth, Point } from '../growth/growth.ts';
import { formatNumber } from './numbers.ts';
import { at, line, svg, text } from './svg.ts';

const WIDTH = 720;
const HEIGHT = 360;
const LEFT = 76;
const RIGHT = 24;
const TOP = 62;
const BOTTOM = 52;

/** Maps a value to a place, and knows which values to write beside the axis. */
interface Axis {
  readonly ticks: readonly number[];
  place(value: number): number;
}

/** How a cost grows: a line for each of its keys. */
export function plotGrowth(growth: Growth, points: readonly Point[]): string {
  const xs = points.map(({ x }) => x);
  const ys = points.flatMap(({ values }) => growth.lines.map(({ key }) => values[key] ?? 0));
  const x = axis(growth.xScale, xs, LEFT, WIDTH - RIGHT);
  const y = axis(growth.yScale, ys, HEIGHT - BOTTOM, TOP);
  const bottom = HEIGHT - BOTTOM;
  const parts = [
    text({ x: 0, y: 18, text: growth.title, style: 'title' }),
    ...legend(growth),
    ...y.ticks.flatMap((tick) => [
      line('grid', LEFT, y.place(tick), WIDTH - RIGHT, y.place(tick)),
      text({ x: LEFT - 8, y: y.place(tick) + 4, text: formatNumber(tick), style: 'small end' }),
    ]),
    ...x.ticks.flatMap((tick) => [
      line('axis', x.place(tick), bottom, x.place(tick), bottom + 5),
      text({ x: x.place(tick), y: bottom + 20, text: formatNumber(tick), style: 'small middle' }),
    ]),
    line('axis', LEFT, bottom, WIDTH - RIGHT, bottom),
    text({ x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 10, text: growth.xTitle, style: 'middle' }),
    ...growth.lines.flatMap(({ key }, index) => {
      const places = points.map(({ x: value, values }) => [
        at(x.place(value)),
        at(y.place(values[key] ?? 0)),
      ]);
      return [
        `<polyline class="line s${index}" points="${places.map((place) => place.join(',')).join(' ')}"/>`,
        ...places.map(([cx, cy]) => `<circle class="f${index}" cx="${cx}" cy="${cy}" r="3.5"/>`),
      ];
    }),
  ];
  return svg(WIDTH, HEIGHT, growth.title, parts);
}

function legend({ lines, yTitle }: Growth): readonly string[] {
  let left = 0;
  const entries = lines.flatMap(({ title }, index) => {
    const at = left;
    // About what a letter takes.
    left += 30 + title.length * 7;
    return [
      `<rect class="f${index}" x="${at}" y="33" width="12" height="4" rx="2"/>`,
      text({ x: at + 18, y: 40, text: title }),
    ];
  });
  return [...entries, text({ x: left + 8, y: 40, text: `in ${yTitle}`, style: 'small' })];
}

function axis(
  scale: 'linear' | 'logarithmic',
  values: readonly number[],
  start: number,
  end: number,
): Axis {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return scale === 'linear' ? linear(most, start, end) : logarithmic(least, most, start, end);
}

/** From 0 to the next round number. */
function linear(most: number, start: number, end: number): Axis {
  const rough = Math.max(most, Number.MIN_VALUE) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
  const width = step ?? rough;
  const count = Math.ceil(most / width - 1e-9);
  const top = count * width;
  return {
    ticks: Array.from({ length: count + 1 }, (_, index) => index * width),
    place: (value) => start + ((end - start) * value) / top,
  };
}

/** Between the 1, 2, 5, 10 … that enclose all, and over a factor of ten at least. */
function logarithmic(least: number, most: number, start: number, end: number): Axis {
  // What is 0 cannot be shown: it counts as a thousandth of the most.
  const floor = least > 0 ? least : most / 1000;
  const round: number[] = [];
  for (let power = Math.floor(Math.log10(floor)); power <= Math.ceil(Math.log10(most)); power++) {
    round.push(...[1, 2, 5].map((factor) => Number((factor * 10 ** power).toPrecision(1))));
  }
  const below = round.findLast((tick) => tick <= floor * 1.0001) ?? floor;
  const low = most / below < 10 ? 10 ** Math.floor(Math.log10(below) + 1e-9) : below;
  const high = round.find((tick) => tick >= most * 0.9999 && tick > low) ?? most;
  const all = round.filter((tick) => tick >= low && tick <= high);
  const isPower = (tick: number) => Number.isInteger(Math.round(Math.log10(tick) * 1e6) / 1e6);
  const ticks = all.length > 9 ? all.filter(isPower) : all;
  const span = Math.log(high / low);
  return {
    ticks,
    place: (value) => start + ((end - start) * Math.log(Math.max(value, low) / low)) / (span || 1),
  };
}
