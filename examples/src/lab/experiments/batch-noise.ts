import { cat, type Generator, mean, noGrad, scope, std, type Tensor } from '@normgrad/autograd';
import type { Module } from '@normgrad/nn';
import { law, near } from '../claims.ts';
import { type Data, drawBatch, trainDigits } from '../digits.ts';
import { type Cell, defineExperiment, type Setting } from '../experiment.ts';
import { mean as average } from '../statistics.ts';

/** How much the output for a digit never seen varies with the others of its batch: the standard deviation over batches, mean over outputs. */
function noiseOf(
  model: Module,
  data: Data,
  { batchSize, batches }: { batchSize: number; batches: number },
  random: Generator,
): number {
  const digit = data.evalBatch.images.narrow({ dim: 0, start: 0, length: 1 }); // [1, 64]
  const output = (): Tensor => {
    const images = cat([digit, drawBatch(data, batchSize - 1, random).images]); // [B, 64]
    return scope(() => model.call(images).narrow({ dim: 0, start: 0, length: 1 })); // [1, 10]
  };
  model.train();
  return noGrad(() => mean(std(cat(Array.from({ length: batches }, output)), { dim: 0 })).item());
}

/** The slope of a line through the logarithms, by least squares. */
function slopeOf(cells: readonly Cell<Setting & { batchSize: number }, 'batchNoise'>[]): number {
  const x = cells.map(({ setting }) => Math.log(setting.batchSize));
  const y = cells.map(({ runs }) => Math.log(average(runs.map(({ results }) => results.batchNoise ?? Number.NaN))));
  const [meanX, meanY] = [average(x), average(y)];
  const covariance = average(x.map((value, i) => (value - meanX) * (y[i]! - meanY)));
  return covariance / average(x.map((value) => (value - meanX) ** 2));
}

export const batchNoise = defineExperiment({
  name: 'batch-noise',
  title: 'Batch statistics are noisy',
  question: 'With batch norm, what a network says of a digit in training depends on the others of its batch. By how much?',
  method:
    'A network 64–64–64–10 with ReLU has learned from 112 batches of 64. One digit never seen is put, in training mode, into 200 batches of ' +
    'random others. The noise is the standard deviation of an output over these batches, mean over the 10 outputs.',
  seeds: { full: 20, quick: 3 },

  settings: (quick) =>
    (quick ? [32, 128, 512] : [4, 8, 16, 32, 64, 128, 256, 512]).map((batchSize) => ({
      batchSize,
      batches: 200,
      trainedWithBatchSize: 64,
      updates: 112,
      learningRate: 0.05,
      sgdMomentum: 0.9,
      hiddenLayers: 2,
    })),

  run({ batchSize, batches, trainedWithBatchSize, ...setting }, seed) {
    const noise = (norm: 'batch' | 'layer'): number => {
      const { model, data, random } = trainDigits({ ...setting, norm, batchSize: trainedWithBatchSize }, seed);
      return noiseOf(model, data, { batchSize, batches }, random);
    };
    return { results: { batchNoise: noise('batch'), layerNoise: noise('layer') } };
  },

  measures: {
    batchNoise: { label: 'noise with batch norm (standard deviation of a logit)' },
    layerNoise: { label: 'with layer norm', digits: 'scientific' },
  },
  charts: [
    {
      title: 'Noise with batch norm',
      x: 'batchSize',
      xScale: 'logarithmic',
      yScale: 'logarithmic',
      yLabel: 'standard deviation of a logit',
      results: ['batchNoise'],
    },
  ],
  claims: [
    near('The noise falls as one over the root of the batch size: the slope, in logarithms, is −0.5.', {
      expected: -0.5,
      allowed: 0.05,
      of: slopeOf,
    }),
    law('With layer norm there is none.', 'layerNoise', 1e-6),
  ],
  shows: [
    'Batch norm adds noise that depends on the batch size alone, without a parameter for it. Layer norm adds none.',
    'Below 16 it falls more slowly than from there on: the digit itself is a good part of so small a batch.',
  ],
  doesNotShow: [
    'That this noise is why batch norm generalizes: it is one explanation among others.',
    'Noise at other layers, or at the start of training.',
  ],
});
