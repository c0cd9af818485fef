import { batchNorm, Generator, layerNorm, randn, type Tensor } from '@normgrad/autograd';
import { larger, law } from '../claims.ts';
import { defineExperiment } from '../experiment.ts';

const [samples, features] = [48, 32];

const norms = {
  batch: (x: Tensor) => batchNorm(x, { training: true }),
  layer: (x: Tensor) => layerNorm(x, features),
};

/** Which share of all pairs of each column have changed places. x and y [rows, columns]. */
function swapped(x: Tensor, y: Tensor): number {
  const compare = (values: Tensor): Tensor => values.unsqueeze(0).sub(values.unsqueeze(1)).sign(); // [rows, rows, columns]
  const changed = compare(x).sub(compare(y)).abs().div(2).sum().item();
  return changed / (x.size * (x.shape[0]! - 1));
}

export const order = defineExperiment({
  name: 'order',
  title: 'What keeps its order',
  question:
    'Of two samples, is the one with more of a feature still the one with more of it after a norm? And of two features of a sample?',
  method:
    `${samples} samples of ${features} random features, some samples and some features being larger and more spread than others: offsets are ` +
    'normal with the standard deviation on the x-axis, logarithms of scales too. Counted are pairs that change places. In float64, without weight and bias.',
  seeds: { full: 20, quick: 3 },

  settings: (quick) =>
    (['batch', 'layer'] as const).flatMap((norm) =>
      (quick ? [0, 1, 2] : [0, 0.25, 0.5, 1, 1.5, 2]).map((unlikeness) => ({ norm, unlikeness, samples, features })),
    ),

  run({ norm, unlikeness }, seed) {
    const generator = new Generator(seed);
    const normal = (...shape: number[]): Tensor => randn(shape, { generator, dtype: 'float64' });
    const differ = (): Tensor => normal(samples, 1).add(normal(1, features)).mul(unlikeness); // [N, F]
    const x = normal(samples, features).mul(differ().exp()).add(differ());
    const y = norms[norm](x);
    return {
      results: {
        samplesSwapped: swapped(x, y),
        featuresSwapped: swapped(x.transpose(0, 1), y.transpose(0, 1)),
      },
    };
  },

  measures: {
    samplesSwapped: { label: 'pairs of samples that change places in a feature (share)' },
    featuresSwapped: { label: 'pairs of features that change places in a sample (share)' },
  },
  charts: [
    {
      title: 'Samples, compared in one feature',
      x: 'unlikeness',
      xLabel: 'unlikeness (standard deviation)',
      yLabel: 'pairs that change places (share)',
      results: ['samplesSwapped'],
    },
    {
      title: 'Features, compared in one sample',
      x: 'unlikeness',
      xLabel: 'unlikeness (standard deviation)',
      yLabel: 'pairs that change places (share)',
      results: ['featuresSwapped'],
    },
  ],
  claims: [
    law('Batch norm keeps the order of the samples in every feature.', 'samplesSwapped', 0, { norm: 'batch' }),
    law('Layer norm keeps the order of the features in every sample.', 'featuresSwapped', 0, { norm: 'layer' }),
    larger('Layer norm changes the order of the samples in a feature.', 'samplesSwapped', {
      more: { norm: 'layer', unlikeness: 1 },
      less: { norm: 'batch', unlikeness: 1 },
    }),
    larger('Batch norm changes the order of the features in a sample.', 'featuresSwapped', {
      more: { norm: 'batch', unlikeness: 1 },
      less: { norm: 'layer', unlikeness: 1 },
    }),
  ],
  shows: [
    'A norm subtracts one number and divides by one positive number wherever it takes one statistic, so the order there stays: batch norm does so in a feature, layer norm in a sample.',
    'What a sample has most of is what layer norm leaves alone, and what batch norm does not: there it counts how unusual the value is for that feature.',
  ],
  doesNotShow: [
    'Weights and biases: a negative weight turns the order in its feature around, and after layer norm different weights mix that of the features.',
    'Evaluation: with running statistics batch norm still keeps the order of the samples.',
  ],
});
