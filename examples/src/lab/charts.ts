/** The charts of an experiment from its runs. */
import type { Chart, Series } from '../report/chart.ts';
import { colors } from '../report/chart.ts';
import { type Cell, type CurveChart, type Experiment, type ResultChart, type Setting, words } from './experiment.ts';
import { estimate } from './summary.ts';

type AnyChart = ResultChart<Setting, string, string> | CurveChart<Setting, string>;
type Point = { readonly x: number; readonly y: number | null; readonly spread: number };

function groupBy<T>(items: readonly T[], key: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups];
}

/** The values of some settings as the name of a line. A number says of what it is one. */
function nameOf(setting: Setting, keys: readonly string[]): string {
  return keys.map((key) => (typeof setting[key] === 'string' ? setting[key] : `${words(key)} ${setting[key]}`)).join(', ');
}

function show(value: Setting[string]): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(3))) : String(value);
}

function seriesOf(name: string, points: readonly Point[], index: number): Series {
  const sorted = [...points].sort((a, b) => a.x - b.x);
  return {
    name,
    x: sorted.map(({ x }) => x),
    y: sorted.map(({ y }) => y),
    ...(points.some(({ spread }) => spread > 0) ? { spread: sorted.map(({ spread }) => spread) } : {}),
    color: colors[index % colors.length]!,
    kind: 'line',
  };
}

function pointOf(x: number, values: readonly (number | null)[]): Point {
  const found = estimate(values);
  return { x, y: found?.mean ?? null, spread: found?.deviation ?? 0 };
}

/** Several things shown of one group of settings are told apart by their own names. */
function joined(group: string, own: string, several: boolean): string {
  return several || group === '' ? [group, own].filter(Boolean).join(', ') : group;
}

function resultChart(
  chart: ResultChart<Setting, string, string>,
  { measures }: Experiment,
  cells: readonly Cell[],
  keys: readonly string[],
): Chart {
  const { title, x, results } = chart;
  const values = [...new Set(cells.map(({ setting }) => setting[x]!))];
  const numeric = values.every((value) => typeof value === 'number');
  const place = (value: Setting[string]): number => (typeof value === 'number' && numeric ? value : values.indexOf(value));
  const series = groupBy(cells, ({ setting }) => nameOf(setting, keys)).flatMap(([group, members]) =>
    results.map((result) => ({
      name: joined(group, measures[result]!.label, results.length > 1),
      points: members.map(({ setting, runs }) =>
        pointOf(
          place(setting[x]!),
          runs.map((run) => run.results[result] ?? null),
        ),
      ),
    })),
  );
  return {
    title,
    x: {
      label: chart.xLabel ?? words(x),
      ...(chart.xScale ? { scale: chart.xScale } : {}),
      ...(numeric && chart.xScale !== 'logarithmic'
        ? {}
        : { ticks: values.map((value) => ({ at: place(value), text: show(value) })) }),
    },
    y: yAxis(chart, measures[results[0]!]!.label),
    series: series.map(({ name, points }, i) => seriesOf(name, points, i)),
  };
}

function curveChart(chart: CurveChart<Setting, string>, cells: readonly Cell[], keys: readonly string[]): Chart {
  const { title, curves, xLabel, xScale } = chart;
  const series = groupBy(cells, ({ setting }) => nameOf(setting, keys)).flatMap(([group, members]) =>
    curves.map((curve) => {
      const recorded = members.flatMap(({ runs }) => runs.flatMap((run) => run.curves?.[curve] ?? []));
      const x = recorded[0]?.x ?? [];
      const points = x.map((at, i) =>
        pointOf(
          at,
          recorded.map(({ y }) => y[i] ?? null),
        ),
      );
      return { name: joined(group, words(curve), curves.length > 1), points };
    }),
  );
  return {
    title,
    x: { label: xLabel, ...(xScale ? { scale: xScale } : {}) },
    y: yAxis(chart, chart.yLabel),
    series: series.map(({ name, points }, i) => seriesOf(name, points, i)),
  };
}

function yAxis({ yLabel, yScale, most }: AnyChart, usual: string): Chart['y'] {
  return { label: yLabel ?? usual, ...(yScale ? { scale: yScale } : {}), ...(most === undefined ? {} : { most }) };
}

export function chartsOf(experiment: Experiment, cells: readonly Cell[], columns: readonly string[]): Chart[] {
  return experiment.charts.map((chart) => {
    const shown = cells.filter(({ setting }) => chart.where?.(setting) ?? true);
    if ('results' in chart) {
      const keys = chart.series ?? columns.filter((key) => key !== chart.x && !follows(shown, key, chart.x));
      return resultChart(chart, experiment, shown, keys);
    }
    return curveChart(chart, shown, chart.series ?? columns);
  });
}

/** Whether settings that are alike in `of` are alike in `key`. */
function follows(cells: readonly Cell[], key: string, of: string): boolean {
  const values = new Map(cells.map(({ setting }) => [setting[of], setting[key]]));
  return cells.every(({ setting }) => values.get(setting[of]) === setting[key]);
}
