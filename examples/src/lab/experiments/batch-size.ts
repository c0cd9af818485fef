import { norms } from '../../digits/norms.ts';
import { larger } from '../claims.ts';
import { accuracy, hidden, trainDigits } from '../digits.ts';
import { defineExperiment } from '../experiment.ts';
import { scaledLearningRate, updatesFor, valuesPerStatistic } from '../fair.ts';

const compared = ['batch', 'layer', 'group', 'none'] as const;

/** Eval accuracy with PyTorch: mean and standard deviation of one run. */
const pyTorch: Record<(typeof compared)[number], Record<number, readonly [number, number]>> = {
  batch: { 64: [0.975, 0.007], 16: [0.972, 0.005], 8: [0.969, 0.007], 4: [0.954, 0.007], 3: [0.922, 0.011], 2: [0.682, 0.05] },
  layer: { 64: [0.951, 0.009], 16: [0.959, 0.01], 8: [0.96, 0.006], 4: [0.956, 0.015], 3: [0.958, 0.012], 2: [0.963, 0.014] },
  group: { 64: [0.948, 0.017], 16: [0.954, 0.014], 8: [0.957, 0.012], 4: [0.96, 0.011], 3: [0.956, 0.01], 2: [0.962, 0.01] },
  none: { 64: [0.916, 0.018], 16: [0.928, 0.014], 8: [0.93, 0.013], 4: [0.931, 0.012], 3: [0.932, 0.011], 2: [0.933, 0.011] },
};

export const batchSize = defineExperiment({
  name: 'batch-size',
  title: 'Small batches hurt batch norm',
  question: 'What does the batch size do to a network with batch norm, layer norm, group norm or none?',
  method:
    'A network 64–64–64–10 with ReLU sees 7200 digits whatever the batch size b, in 7200 / b updates with learning rate 0.05 b / 64. ' +
    'Then it names digits it has never seen, in evaluation mode.',
  seeds: { full: 20, quick: 3 },

  settings: (quick) =>
    compared.flatMap((norm) =>
      (quick ? [64, 8, 2] : [64, 16, 8, 4, 3, 2]).map((batchSize) => ({
        norm,
        batchSize,
        valuesPerStatistic: valuesPerStatistic(norm, { batchSize, channels: hidden }),
        updates: updatesFor(7200, batchSize),
        learningRate: scaledLearningRate(0.05, batchSize),
        sgdMomentum: 0.9,
        hiddenLayers: 2,
      })),
    ),

  run(setting, seed) {
    const { model, data } = trainDigits(setting, seed);
    return { results: { trainAccuracy: accuracy(model, data.trainBatch), accuracy: accuracy(model, data.evalBatch) } };
  },

  measures: {
    accuracy: { label: 'eval accuracy (share right)' },
    trainAccuracy: { label: 'train accuracy (share right)' },
  },
  charts: [
    { title: 'Digits never seen', x: 'batchSize', xScale: 'logarithmic', results: ['accuracy'], series: ['norm'], most: 1 },
    {
      title: 'Digits learned from',
      x: 'batchSize',
      xScale: 'logarithmic',
      results: ['trainAccuracy'],
      series: ['norm'],
      most: 1,
    },
  ],
  reference: { runs: 20, of: ({ norm, batchSize }) => ({ accuracy: pyTorch[norm][batchSize] }) },

  claims: [
    larger('Batch norm is worse at batch 2 than at batch 64.', 'accuracy', {
      more: { norm: 'batch', batchSize: 64 },
      less: { norm: 'batch', batchSize: 2 },
    }),
    ...(['layer', 'group', 'none'] as const).map((norm) =>
      larger(`At batch 2, ${norms[norm].title} is better than batch norm.`, 'accuracy', {
        more: { norm, batchSize: 2 },
        less: { norm: 'batch', batchSize: 2 },
      }),
    ),
    larger('At batch 64, batch norm is better than layer norm.', 'accuracy', {
      more: { norm: 'batch', batchSize: 64 },
      less: { norm: 'layer', batchSize: 64 },
    }),
  ],
  shows: [
    'Batch norm wants batches of about 8 or more here. Below, its running averages no longer fit what the layers saw in training; of two values, the normalized ones are always +1 and −1.',
    'Layer and group norm take their statistics from one sample and do not mind the batch size.',
  ],
  doesNotShow: [
    'Convolutions: their statistics are over n = N·H·W values, so that a batch of 2 images of 8 × 8 still has 128, and batch norm does well.',
    'A fixed learning rate: then everything fails at batch 2, normalized or not, because the steps are too large for such noisy gradients.',
    'Few updates: then it is the largest batch whose evaluation is worst, because running averages need updates to get anywhere (4 layers of sigmoids, 27 updates of batch 128: 0.604, against 0.921 with batch statistics; see train-eval-gap).',
  ],
});
