import { Generator, softmax, type Tensor } from '@normgrad/autograd';
import { type Sequential, SwitchableNorm1d } from '@normgrad/nn';
import { larger } from '../claims.ts';
import { accuracy, createNetwork, digitsData, trainModel } from '../digits.ts';
import { defineExperiment } from '../experiment.ts';
import { scaledLearningRate, updatesFor } from '../fair.ts';

const statistics = ['mean1', 'mean2', 'variance1', 'variance2'] as const;
type Shares = Record<(typeof statistics)[number], number>;

/** The share of batch norm's mean and variance in the mixtures of both layers. */
function sharesOf(model: Sequential): Shares {
  const [first, second] = model.namedModules().flatMap(([, module]) => (module instanceof SwitchableNorm1d ? [module] : []));
  const batchShare = (logits: Tensor): number => softmax(logits, { dim: 0 }).toTypedArray()[1]!; // [layer, batch]
  return {
    mean1: batchShare(first!.meanWeight),
    mean2: batchShare(second!.meanWeight),
    variance1: batchShare(first!.varWeight),
    variance2: batchShare(second!.varWeight),
  };
}

export const switchable = defineExperiment({
  name: 'switchable',
  title: 'Switchable norm chooses its statistics',
  question:
    'Switchable norm mixes the statistics of layer and batch norm in shares that it learns. What does it choose for small batches?',
  method:
    'A network 64–64–64–10 with switchable norm and ReLU sees 38 400 digits whatever the batch size b, in 38 400 / b updates with learning rate ' +
    '0.05 b / 64. All shares start at one half.',
  seeds: { full: 20, quick: 3 },

  settings: (quick) =>
    (quick ? [64, 2] : [64, 16, 8, 4, 2]).map((batchSize) => {
      const samples = quick ? 6400 : 38_400;
      return {
        batchSize,
        samples,
        updates: updatesFor(samples, batchSize),
        learningRate: scaledLearningRate(0.05, batchSize),
        sgdMomentum: 0.9,
        hiddenLayers: 2,
        norm: 'switchable' as const,
      };
    }),

  run(setting, seed) {
    const random = new Generator(seed);
    const data = digitsData(random);
    const model = createNetwork(setting, random);
    const [x, shares] = [[0], [sharesOf(model)]];
    const every = Math.floor(setting.updates / 25);
    const onUpdate = (update: number): void => {
      if (update % every !== 0) return;
      x.push(update * setting.batchSize);
      shares.push(sharesOf(model));
    };
    trainModel(model, data, { ...setting, onUpdate }, random);
    return {
      results: { ...sharesOf(model), accuracy: accuracy(model, data.evalBatch) },
      curves: Object.fromEntries(statistics.map((name) => [name, { x, y: shares.map((each) => each[name]) }])),
    };
  },

  measures: {
    mean1: { label: 'batch share of the mean, layer 1' },
    mean2: { label: 'batch share of the mean, layer 2' },
    variance1: { label: 'batch share of the variance, layer 1' },
    variance2: { label: 'batch share of the variance, layer 2' },
    accuracy: { label: 'eval accuracy (share right)' },
  },
  charts: [
    {
      title: 'After training',
      x: 'batchSize',
      xScale: 'logarithmic',
      yLabel: 'share of batch statistics',
      results: [...statistics],
      series: [],
      most: 1,
    },
    ...statistics.map((name) => ({
      title: `${name.startsWith('mean') ? 'Mean' : 'Variance'} in layer ${name.at(-1)}`,
      xLabel: 'digits seen',
      yLabel: 'share of batch statistics',
      curves: [name],
      series: ['batchSize' as const],
    })),
  ],
  claims: statistics.map((name) =>
    larger(`In layer ${name.at(-1)}, the batch share of the ${name.slice(0, -1)} is smaller at batch 2 than at 64.`, name, {
      more: { batchSize: 64 },
      less: { batchSize: 2 },
    }),
  ),
  shows: [
    'The smaller the batch, the more the means come from layer norm: those of batches of 2 are too noisy.',
    'Not all shares fall: the variance of the second layer prefers the batch at batch 2, against expectation. Why is open.',
  ],
  doesNotShow: [
    'Convolutions: there, instance norm takes part, and batch statistics are over n = N·H·W values.',
    'That the shares are worth learning: accuracy hardly depends on them here.',
  ],
});
