/** Draws the charts of the page it is part of. Bundled into it, see page.node.ts. */
import uPlot from 'uplot';
import { type Axis, type Chart, colors, type Series } from './chart.ts';

const height = 320;

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** By colour, for those who see few. */
const dashes = [[], [6, 3], [2, 3], [10, 3, 2, 3], [12, 4], [4, 2], [2, 6], [8, 2, 2, 2, 2, 2]];

function showNumber(value: number | null | undefined, digits = 3): string {
  if (!Number.isFinite(value)) return '\u2013';
  const rounded = Number(value!.toPrecision(digits));
  return rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded);
}

function lineOf({ name, kind, color: which, x, y, spread }: Series): uPlot.Series {
  const background = kind === 'background';
  return {
    label: name,
    stroke: color(background ? `${which}-faint` : which),
    width: background ? 1 : 2,
    dash: dashes[colors.indexOf(which)]!,
    spanGaps: true,
    points: { show: !background && y.length <= 40, size: 5 },
    value: (plot, value, _, i) => {
      const half = i === null ? undefined : spread?.[x.indexOf(plot.data[0][i]!)];
      return Number.isFinite(value) && half !== undefined
        ? `${showNumber(value)} \u00b1 ${showNumber(half, 2)}`
        : showNumber(value);
    },
  };
}

/** The edges of a band are series, too, for uPlot: unseen, and left out of the legend by page.css. */
const edge: uPlot.Series = { class: 'edge', stroke: 'transparent', width: 0, spanGaps: true, points: { show: false } };

type Column = (number | null)[];

interface Drawn {
  readonly series: uPlot.Series[];
  readonly columns: [x: number[], y: Column][];
  readonly bands: uPlot.Band[];
}

function drawn({ series, y: { scale } }: Chart): Drawn {
  // A logarithmic scale has no place for what is not positive.
  const drawable = (value: number | null): number | null =>
    value !== null && scale === 'logarithmic' && value <= 0 ? null : value;
  const result: Drawn = { series: [], columns: [], bands: [] };
  const add = (options: uPlot.Series, { x }: Series, y: Column): number => {
    result.columns.push([[...x], y.map(drawable)]);
    return result.series.push(options); // from 1: x is number 0
  };
  for (const one of series) {
    const { y, spread, color: which } = one;
    add(lineOf(one), one, [...y]);
    if (!spread) continue;
    const [high, low] = [1, -1].map((sign) =>
      add(
        edge,
        one,
        y.map((value, i) => (value === null ? null : value + sign * spread[i]!)),
      ),
    );
    result.bands.push({ series: [high!, low!], fill: `${color(which)}26` });
  }
  return result;
}

function axisOf(label: string) {
  const grid = { stroke: color('grid'), width: 1 };
  const font = '13px system-ui, sans-serif';
  return { label, labelFont: font, font, labelSize: 20, stroke: color('muted'), grid, ticks: { ...grid, size: 6 } };
}

const wholeSteps = [0, 1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((first) => first * 10 ** power));

function xAxis({ x: { label, ticks }, series }: Chart): uPlot.Axis {
  const axis = { ...axisOf(label), size: 34 };
  if (ticks) {
    const text = new Map(ticks.map((tick) => [tick.at, tick.text]));
    return {
      ...axis,
      splits: ticks.map(({ at }) => at).sort((a, b) => a - b),
      filter: (_, splits) => splits,
      values: (_, splits) => splits.map((at) => text.get(at) ?? ''),
    };
  }
  return series.every(({ x }) => x.every(Number.isInteger)) ? { ...axis, incrs: wholeSteps } : axis;
}

function xScale({ scale, ticks }: Axis): uPlot.Scale {
  const base: uPlot.Scale = { time: false, ...(scale === 'logarithmic' ? { distr: 3 } : {}) };
  if (!ticks) return base;
  // Room for the marks at both ends.
  return {
    ...base,
    range: (_, low, high) => {
      if (scale === 'logarithmic') return [low / (high / low) ** 0.03, high * (high / low) ** 0.03];
      const room = 0.04 * (high - low) || 0.5;
      return [low - room, high + room];
    },
  };
}

const powersOfTen: uPlot.Axis.Filter = (_, splits) => splits.map((value) => (Number.isInteger(Math.log10(value)) ? value : null));

function yAxis({ label, scale }: Axis): uPlot.Axis {
  const axis = { ...axisOf(label), size: 56 };
  if (scale !== 'logarithmic') return axis;
  return {
    ...axis,
    filter: powersOfTen,
    grid: { ...axis.grid, filter: powersOfTen },
    ticks: { ...axis.ticks, filter: powersOfTen },
    values: (_, splits) => splits.map((value) => (value === null ? '' : showNumber(value))),
  };
}

function yScale({ scale, most = Number.POSITIVE_INFINITY }: Axis): uPlot.Scale {
  if (scale === 'logarithmic') return { distr: 3 };
  return { range: { min: { pad: 0.1 }, max: { pad: 0.1, hard: most } } };
}

function nameOf({ ticks }: Axis, at: number | null): string {
  return ticks?.find((tick) => tick.at === at)?.text ?? showNumber(at);
}

function draw(chart: Chart, place: HTMLElement): uPlot {
  const { series, columns, bands } = drawn(chart);
  const data = uPlot.join(columns);
  const options: uPlot.Options = {
    width: place.clientWidth,
    height,
    scales: { x: xScale(chart.x), y: yScale(chart.y) },
    axes: [xAxis(chart), yAxis(chart.y)],
    series: [{ label: chart.x.label, value: (_, at) => nameOf(chart.x, at) }, ...series],
    bands,
    cursor: { drag: { x: true, y: false } },
    hooks: { ready: [(plot) => plot.setLegend({ idx: data[0].length - 1 })] }, // until the pointer says otherwise
  };
  place.replaceChildren();
  return new uPlot(options, data, place);
}

const charts: readonly Chart[] = JSON.parse(document.querySelector('#charts')?.textContent ?? '[]');
const dark = matchMedia('(prefers-color-scheme: dark)');

for (const [i, place] of document.querySelectorAll<HTMLElement>('.plot').entries()) {
  const chart = charts[i];
  if (!chart) continue;
  let plot = draw(chart, place);
  dark.addEventListener('change', () => {
    plot.destroy();
    plot = draw(chart, place);
  });
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height })).observe(place);
}
