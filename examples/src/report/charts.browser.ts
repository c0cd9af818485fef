/** Draws the charts of the page it is part of. Bundled into it, see page.node.ts. */
import uPlot from 'uplot';
import type { Axis, Chart, Series } from './chart.ts';

const height = 320;

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function lineOf({ name, kind, color: which, y }: Series): uPlot.Series {
  const background = kind === 'background';
  return {
    label: name,
    stroke: color(background ? `${which}-faint` : which),
    width: background ? 1 : 2,
    dash: which === 'second' ? [6, 3] : [],
    spanGaps: true,
    points: { show: !background && y.length <= 40, size: 5 },
    value: (_, value) => (Number.isFinite(value) ? String(Number(value.toPrecision(3))) : '\u2013'),
  };
}

function axisOf(label: string) {
  const grid = { stroke: color('grid'), width: 1 };
  const font = '13px system-ui, sans-serif';
  return { label, labelFont: font, font, labelSize: 20, stroke: color('muted'), grid, ticks: { ...grid, size: 6 } };
}

const wholeSteps = [0, 1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((first) => first * 10 ** power));

function xAxis(label: string): uPlot.Axis {
  return { ...axisOf(label), size: 34, incrs: wholeSteps };
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
    values: (_, splits) => splits.map((value) => (value === null ? '' : String(value))),
  };
}

function yScale({ scale, most = Number.POSITIVE_INFINITY }: Axis): uPlot.Scale {
  if (scale === 'logarithmic') return { distr: 3 };
  return { range: { min: { pad: 0.1 }, max: { pad: 0.1, hard: most } } };
}

function dataOf({ y: { scale }, series }: Chart): uPlot.AlignedData {
  // A logarithmic scale has no place for what is not positive.
  const drawable = (value: number | null): number | null =>
    value !== null && scale === 'logarithmic' && value <= 0 ? null : value;
  return uPlot.join(series.map(({ x, y }) => [[...x], y.map(drawable)]));
}

function draw(chart: Chart, place: HTMLElement): uPlot {
  const data = dataOf(chart);
  const options: uPlot.Options = {
    width: place.clientWidth,
    height,
    scales: { x: { time: false }, y: yScale(chart.y) },
    axes: [xAxis(chart.x.label), yAxis(chart.y)],
    series: [{ label: chart.x.label }, ...chart.series.map(lineOf)],
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
