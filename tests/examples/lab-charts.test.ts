import { expect, test } from 'vitest';
import { chartsOf } from '../../examples/src/lab/charts.ts';
import { type Cell, defineExperiment, type Setting, type Value } from '../../examples/src/lab/experiment.ts';
import { gridOf, outcomeOf, summarize } from '../../examples/src/lab/summary.ts';

const versions = { node: 'v1', code: 'abc' };

const experiment = defineExperiment({
  name: 'test',
  title: '',
  question: '',
  method: '',
  seeds: { full: 2, quick: 2 },
  settings: () =>
    ['a', 'b'].flatMap((norm) => [2, 8].map((batchSize) => ({ norm, batchSize, doubled: 2 * batchSize, sgdMomentum: 0.9 }))),
  run: () => ({ results: { score: 0, error: 0 }, curves: { loss: { x: [1, 2], y: [0, 0] } } }),
  measures: { score: { label: 'score in points', digits: 1 }, error: { label: 'error', digits: 'scientific' } },
  charts: [
    { title: 'numbers', x: 'batchSize', results: ['score'] },
    { title: 'logarithmic', x: 'batchSize', xScale: 'logarithmic', results: ['score'], where: ({ norm }) => norm === 'a' },
    { title: 'categories', x: 'norm', results: ['score', 'error'], series: ['batchSize'] },
    {
      title: 'curves',
      curves: ['loss'],
      xLabel: 'update',
      yLabel: 'loss in nats',
      series: ['norm'],
      where: ({ batchSize }) => batchSize === 2,
    },
  ],
  reference: { runs: 2, of: ({ norm, batchSize }) => (norm === 'a' ? { score: [batchSize, 1] } : {}) },
  claims: [],
  shows: [],
  doesNotShow: [],
});

const settings = experiment.settings(false);

/** Two runs a setting: results around the batch size, and curves around x. */
const cells: Cell[] = settings.map((setting) => ({
  setting,
  runs: [-1, 1].map((off, seed) => {
    const score = Number(setting.batchSize) + off;
    return {
      experiment: 'test',
      setting,
      seed,
      versions,
      results: { score, error: 1e-9 },
      curves: { loss: { x: [1, 2], y: [1 + off, 2] } },
    };
  }),
}));

/** The same, one run of one setting having given this instead. */
function spoilt(where: Setting, score: Value): Cell[] {
  return cells.map((cell) =>
    cell.setting === where
      ? { ...cell, runs: cell.runs.map((run, i) => (i === 0 ? { ...run, results: { ...run.results, score } } : run)) }
      : cell,
  );
}

const sweep = { quick: false, seeds: 2, settings, versions };
const { columns } = summarize(experiment, sweep, cells);
const [numbers, logarithmic, categories, curves] = chartsOf(experiment, cells, columns);

test('lines are told apart by what differs at the same x, and not by what follows from x', () => {
  expect(columns).toEqual(['norm', 'batchSize', 'doubled']);
  expect(numbers).toEqual({
    title: 'numbers',
    x: { label: 'batch size' },
    y: { label: 'score in points' },
    series: [
      { name: 'a', x: [2, 8], y: [2, 8], spread: [Math.SQRT2, Math.SQRT2], color: 'first', kind: 'line' },
      { name: 'b', x: [2, 8], y: [2, 8], spread: [Math.SQRT2, Math.SQRT2], color: 'second', kind: 'line' },
    ],
  });
});

test('a logarithmic axis has its marks at the values, and a chart may leave settings out', () => {
  const ticks = [
    { at: 2, text: '2' },
    { at: 8, text: '8' },
  ];
  expect(logarithmic?.x).toEqual({ label: 'batch size', scale: 'logarithmic', ticks });
  expect(logarithmic?.series.map(({ name }) => name)).toEqual(['score in points']);
});

test('words on x are categories, and several results are told apart', () => {
  expect(categories?.x.ticks).toEqual([
    { at: 0, text: 'a' },
    { at: 1, text: 'b' },
  ]);
  expect(categories?.series.map(({ name }) => name)).toEqual([
    'batch size 2, score in points',
    'batch size 2, error',
    'batch size 8, score in points',
    'batch size 8, error',
  ]);
});

test('curves are averaged over the seeds', () => {
  expect(curves?.series[0]).toEqual({ name: 'a', x: [1, 2], y: [1, 2], spread: [Math.SQRT2, 0], color: 'first', kind: 'line' });
});

test('what is not finite is shown as such', () => {
  const some = spoilt(settings[0]!, null);
  expect(chartsOf(experiment, some, columns)[0]!.series[0]!.y).toEqual([null, 8]);
  expect(gridOf(summarize(experiment, sweep, some)).rows[0]!.slice(3)).toEqual(['not finite', '1.0e-9 ± 0', '', '']);
});

test('the table compares full runs with PyTorch, to 3 standard errors', () => {
  const summary = summarize(experiment, sweep, spoilt(settings[1]!, 15)); // mean 12, not 8: 4 standard errors of 1
  expect(gridOf(summary)).toEqual({
    columns: ['norm', 'batch size', 'doubled', 'score in points', 'error', 'PyTorch, score in points', 'agrees'],
    rows: [
      ['a', '2', '4', '2.0 ± 1.4', '1.0e-9 ± 0', '2.0 ± 1.0', 'yes (0.0 s.e.)'],
      ['a', '8', '16', '12.0 ± 4.2', '1.0e-9 ± 0', '8.0 ± 1.0', 'NO (4.0 s.e.)'],
      ['b', '2', '4', '2.0 ± 1.4', '1.0e-9 ± 0', '', ''],
      ['b', '8', '16', '8.0 ± 1.4', '1.0e-9 ± 0', '', ''],
    ],
  });
  expect(outcomeOf(summary)).toBe('1 of 2 means agree with PyTorch');
  expect(outcomeOf(summarize(experiment, { ...sweep, quick: true }, cells))).toBe('');
  expect(outcomeOf(summarize(experiment, sweep, cells.slice(0, 3)))).toBe(
    'unfinished: 6 of 8 runs; 2 of 2 means agree with PyTorch',
  );
});
