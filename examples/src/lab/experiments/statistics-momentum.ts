import { BatchNorm1d, recomputeStatistics } from '@normgrad/nn';
import { larger } from '../claims.ts';
import { accuracy, trainDigits } from '../digits.ts';
import { defineExperiment } from '../experiment.ts';

type Momentum = number | 'cumulative';

/** Eval accuracy with PyTorch: mean and standard deviation of one run. */
const pyTorch = new Map<Momentum, readonly [number, number]>([
  [0, [0.728, 0.096]],
  [0.001, [0.853, 0.062]],
  [0.01, [0.954, 0.018]],
  [0.1, [0.966, 0.01]],
  [0.5, [0.958, 0.012]],
  [1, [0.936, 0.025]],
  ['cumulative', [0.931, 0.032]],
]);

export const statisticsMomentum = defineExperiment({
  name: 'statistics-momentum',
  title: 'Momentum of the running statistics',
  question:
    'In evaluation, batch norm uses running averages of the statistics it met in training. How much should the newest batch count?',
  method:
    'A network 64–64–64–10 with batch norm and ReLU learns from 400 batches of 16. After each, running ← (1 − m) running + m batch; ' +
    'cumulative: all batches count alike. Once more, with the statistics computed again over all digits learned from, after training.',
  seeds: { full: 20, quick: 3 },

  settings: (quick) =>
    (quick ? [0, 0.01, 0.1, 1] : [...pyTorch.keys()]).map((statisticsMomentum) => ({
      statisticsMomentum,
      batchSize: 16,
      updates: 400,
      learningRate: 0.05,
      sgdMomentum: 0.9,
      hiddenLayers: 2,
    })),

  run({ statisticsMomentum: momentum, ...setting }, seed) {
    const norm = (features: number): BatchNorm1d => new BatchNorm1d(features, { momentum });
    const { model, data } = trainDigits({ ...setting, norm }, seed);
    const running = accuracy(model, data.evalBatch);
    recomputeStatistics(model, [data.trainBatch.images]);
    return { results: { running, recomputed: accuracy(model, data.evalBatch) } };
  },

  measures: {
    running: { label: 'eval accuracy, running statistics (share right)' },
    recomputed: { label: 'eval accuracy, recomputed statistics (share right)' },
  },
  charts: [
    {
      title: 'The same weights, evaluated with different statistics',
      x: 'statisticsMomentum',
      xLabel: 'statistics momentum m, the share of the newest batch',
      yLabel: 'eval accuracy (share right)',
      results: ['running', 'recomputed'],
      most: 1,
    },
  ],
  reference: {
    runs: 30,
    of: ({ statisticsMomentum }) => ({ running: pyTorch.get(statisticsMomentum), recomputed: [0.968, 0.009] }),
  },

  claims: [
    larger('0.1 is better than 0.01.', 'running', { more: { statisticsMomentum: 0.1 }, less: { statisticsMomentum: 0.01 } }),
    larger('0.1 is better than 1, the last batch alone.', 'running', {
      more: { statisticsMomentum: 0.1 },
      less: { statisticsMomentum: 1 },
    }),
    larger('0.01 is better than 0, which stays at mean 0 and variance 1.', 'running', {
      more: { statisticsMomentum: 0.01 },
      less: { statisticsMomentum: 0 },
    }),
  ],
  shows: [
    'The weights are the same in every row: only what evaluation makes of them differs, as the recomputed statistics show.',
    'Small values leave the start, mean 0 and variance 1, in the average: after 400 updates 0.001 has lost a third of it, 0 nothing. Large ones leave an average over a few noisy batches; 1 is the last batch alone.',
    'Cumulative averages never forget the statistics of early weights. Computing them again after training does away with the choice.',
  ],
  doesNotShow: [
    'A best value: it depends on how many updates there are and how noisy a batch is. With 27 updates even 0.1 is too slow: see train-eval-gap.',
    'The momentum of SGD, which is another thing: see sgd-momentum.',
  ],
});
