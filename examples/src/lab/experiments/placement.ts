import { Generator, type Tensor } from '@normgrad/autograd';
import { AvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, Module, ReLU, Sequential, Tanh } from '@normgrad/nn';
import { classCount } from '../../digits/dataset.ts';
import { larger } from '../claims.ts';
import { accuracy, digitsData, trainModel } from '../digits.ts';
import { defineExperiment } from '../experiment.ts';

const activations = { ReLU: () => new ReLU(), tanh: () => new Tanh() };

/** What follows a convolution. */
const placements: Record<'before' | 'after' | 'none', (channels: number, activation: Module) => Module[]> = {
  before: (channels, activation) => [new BatchNorm2d(channels), activation],
  after: (channels, activation) => [activation, new BatchNorm2d(channels)],
  none: (_, activation) => [activation],
};

/** Eval accuracy with PyTorch: mean and standard deviation of one run. */
const pyTorch: Record<string, Record<string, readonly [number, number]>> = {
  'ReLU 0.02': { before: [0.962, 0.022], after: [0.97, 0.015], none: [0.136, 0.062] },
  'ReLU 0.2': { before: [0.931, 0.035], after: [0.922, 0.04], none: [0.585, 0.3] },
  'tanh 0.02': { before: [0.941, 0.052], after: [0.93, 0.042], none: [0.525, 0.088] },
  'tanh 0.2': { before: [0.935, 0.036], after: [0.774, 0.125], none: [0.914, 0.027] },
};

/** [N, 64] -> [N, 1, 8, 8] */
class AsImages extends Module {
  forward(x: Tensor): Tensor {
    return x.reshape([-1, 1, 8, 8]);
  }
}

export const placement = defineExperiment({
  name: 'placement',
  title: 'Before the activation or after it',
  question: 'Should batch norm stand between convolution and activation, as it was proposed, or after both?',
  method:
    'A network of three 3 × 3 convolutions of 8, 16 and 16 channels, halving the 8 × 8 digits after the first and the second, then Linear. Two ' +
    'learning rates, as one place may suit one better.',
  seeds: { full: 20, quick: 3 },

  settings: (quick) =>
    (['ReLU', 'tanh'] as const).flatMap((activation) =>
      [0.02, 0.2].flatMap((learningRate) =>
        (['before', 'after', 'none'] as const).map((batchNorm) => ({
          activation,
          learningRate,
          batchNorm,
          batchSize: 32,
          updates: quick ? 60 : 200,
          sgdMomentum: 0.9,
        })),
      ),
    ),

  run(setting, seed) {
    const random = new Generator(seed);
    const data = digitsData(random);
    const block = (from: number, to: number): Module[] => [
      new Conv2d(from, to, 3, { padding: 1, generator: random }),
      ...placements[setting.batchNorm](to, activations[setting.activation]()),
    ];
    const model = new Sequential(
      new AsImages(),
      ...block(1, 8),
      new AvgPool2d(2),
      ...block(8, 16),
      new AvgPool2d(2),
      ...block(16, 16),
      new Flatten(),
      new Linear(64, classCount, { generator: random }),
    );
    trainModel(model, data, setting, random);
    return { results: { accuracy: accuracy(model, data.evalBatch), trainAccuracy: accuracy(model, data.trainBatch) } };
  },

  measures: {
    accuracy: { label: 'eval accuracy (share right)' },
    trainAccuracy: { label: 'train accuracy (share right)' },
  },
  charts: [
    {
      title: 'Digits never seen',
      x: 'batchNorm',
      xLabel: 'where batch norm stands',
      results: ['accuracy'],
      series: ['activation', 'learningRate'],
      most: 1,
    },
  ],
  reference: {
    runs: 20,
    of: ({ activation, learningRate, batchNorm }) => ({ accuracy: pyTorch[`${activation} ${learningRate}`]?.[batchNorm] }),
  },
  claims: [
    ...(['ReLU', 'tanh'] as const).flatMap((activation) =>
      [0.02, 0.2].map((learningRate) =>
        larger(
          `${activation}, learning rate ${learningRate}: batch norm is better before the activation than after it.`,
          'accuracy',
          {
            more: { activation, learningRate, batchNorm: 'before' },
            less: { activation, learningRate, batchNorm: 'after' },
          },
        ),
      ),
    ),
    ...(['before', 'after'] as const).map((batchNorm) =>
      larger(`ReLU, learning rate 0.02: batch norm ${batchNorm} the activation is better than none.`, 'accuracy', {
        more: { activation: 'ReLU', learningRate: 0.02, batchNorm },
        less: { activation: 'ReLU', learningRate: 0.02, batchNorm: 'none' },
      }),
    ),
  ],
  shows: [
    'Neither place is the better one always: after the activation for ReLU at the small learning rate, before it for tanh at the large one. Ioffe and Szegedy 2015 proposed before.',
    'Having batch norm at all matters more for ReLU here than where it stands.',
  ],
  doesNotShow: [
    'Deep networks, long training, other data: after so few updates this is mostly how quickly a network learns.',
    'Folding: in evaluation, batch norm before the activation can be folded into the convolution in front of it; after the activation, only into the next one, and not exactly with zero padding.',
  ],
});
