import { Generator } from '@normgrad/autograd';
import { BatchNorm1d, type Module, recomputeStatistics, Sigmoid } from '@normgrad/nn';
import type { Batch } from '../../digits/dataset.ts';
import { larger } from '../claims.ts';
import { accuracy, createNetwork, digitsData, trainModel } from '../digits.ts';
import { defineExperiment } from '../experiment.ts';
import { scaledLearningRate, updatesFor } from '../fair.ts';

const fewSamples = 3456; // 27 batches of 128

type Listed = readonly [mean: number, deviation: number];

/** With PyTorch: mean and standard deviation of one run, by updates. */
const pyTorch: Record<number, { readonly evalMode: Listed; readonly trainMode: Listed; readonly recomputed: Listed }> = {
  27: { evalMode: [0.604, 0.174], trainMode: [0.921, 0.017], recomputed: [0.926, 0.016] },
  54: { evalMode: [0.933, 0.014], trainMode: [0.938, 0.016], recomputed: [0.94, 0.017] },
  81: { evalMode: [0.954, 0.01], trainMode: [0.959, 0.007], recomputed: [0.959, 0.007] },
  108: { evalMode: [0.935, 0.009], trainMode: [0.938, 0.012], recomputed: [0.941, 0.011] },
  216: { evalMode: [0.934, 0.012], trainMode: [0.938, 0.011], recomputed: [0.939, 0.01] },
  432: { evalMode: [0.933, 0.012], trainMode: [0.934, 0.013], recomputed: [0.935, 0.012] },
};

/** Accuracy in training mode, which must not move the running statistics here. */
function trainModeAccuracy(model: Module, batch: Batch): number {
  const norms = model.namedModules().flatMap(([, module]) => (module instanceof BatchNorm1d ? [module] : []));
  const before = norms.map(({ momentum }) => momentum);
  for (const norm of norms) norm.momentum = 0;
  const share = accuracy(model, batch, 'train');
  norms.forEach((norm, i) => void (norm.momentum = before[i]!));
  return share;
}

export const trainEvalGap = defineExperiment({
  name: 'train-eval-gap',
  title: 'Running statistics lag behind',
  question: 'A network with batch norm does well in training and badly in evaluation, on the same digits. Why?',
  method:
    'A network of 4 hidden layers of 64 with batch norm and sigmoids sees 3456 digits in batches of different sizes, with learning rate ' +
    '0.05 b / 64; with batches of 128 also three times as many. The digits it has never seen are then named in evaluation mode, with running ' +
    'statistics; in training mode, as one batch with its own; and in evaluation mode with statistics computed again over all digits learned from.',
  seeds: { full: 20, quick: 3 },

  settings: (quick) =>
    [
      ...(quick ? [128, 16] : [128, 64, 32, 16, 8]).map((batchSize) => ({ batchSize, samples: fewSamples })),
      { batchSize: 128, samples: 3 * fewSamples },
    ].map(({ batchSize, samples }) => ({
      batchSize,
      samples,
      updates: updatesFor(samples, batchSize),
      learningRate: scaledLearningRate(0.05, batchSize),
      sgdMomentum: 0.9,
      statisticsMomentum: 0.1,
      activation: 'sigmoid',
      hiddenLayers: 4,
    })),

  run({ statisticsMomentum: momentum, ...setting }, seed) {
    const random = new Generator(seed);
    const data = digitsData(random);
    const norm = (features: number): Module => new BatchNorm1d(features, { momentum });
    const model = createNetwork({ ...setting, activation: () => new Sigmoid(), norm }, random);
    const [x, evalMode, trainMode]: [number[], number[], number[]] = [[], [], []];
    const onUpdate = (update: number): void => {
      if (update % Math.ceil(setting.updates / 27) !== 0) return;
      x.push(update);
      evalMode.push(accuracy(model, data.evalBatch));
      trainMode.push(trainModeAccuracy(model, data.evalBatch));
      model.train();
    };
    trainModel(model, data, { ...setting, onUpdate }, random);
    const results = { evalMode: accuracy(model, data.evalBatch), trainMode: trainModeAccuracy(model, data.evalBatch) };
    recomputeStatistics(model, [data.trainBatch.images]);
    return {
      results: { ...results, gap: results.trainMode - results.evalMode, recomputed: accuracy(model, data.evalBatch) },
      curves: { evaluationMode: { x, y: evalMode }, trainingMode: { x, y: trainMode } },
    };
  },

  measures: {
    evalMode: { label: 'evaluation mode (share right)' },
    trainMode: { label: 'training mode (share right)' },
    gap: { label: 'gap' },
    recomputed: { label: 'evaluation mode, recomputed statistics (share right)' },
  },
  charts: [
    {
      title: 'Equally many samples: large batches take few updates',
      x: 'batchSize',
      xScale: 'logarithmic',
      yLabel: 'accuracy on digits never seen (share right)',
      results: ['evalMode', 'trainMode', 'recomputed'],
      series: [],
      most: 1,
      where: ({ samples }) => samples === fewSamples,
    },
    {
      title: 'Batches of 128: evaluation comes after',
      xLabel: 'updates',
      yLabel: 'accuracy on digits never seen (share right)',
      curves: ['evaluationMode', 'trainingMode'],
      series: [],
      most: 1,
      where: ({ batchSize, samples }) => batchSize === 128 && samples > fewSamples,
    },
  ],
  reference: { runs: 20, of: ({ updates }) => pyTorch[updates] ?? {} },
  claims: [
    larger(
      'After 27 updates with batches of 128, training mode is better than evaluation mode: the gap is above that of batch 16.',
      'gap',
      {
        more: { batchSize: 128, samples: fewSamples },
        less: { batchSize: 16, samples: fewSamples },
      },
    ),
    larger('After 81 updates, the gap is smaller than after 27.', 'gap', {
      more: { batchSize: 128, samples: fewSamples },
      less: { batchSize: 128, samples: 3 * fewSamples },
    }),
  ],
  shows: [
    'Weights are not to blame: in training mode, or with statistics computed again, the same network does well. Running statistics average over batches of the past, and the first 27 updates move the features faster than that.',
    'With equally many samples, the largest batch has the widest gap, because it has the fewest updates. More updates close it.',
  ],
  doesNotShow: [
    'That small batches are better for batch norm: far below 8 their statistics are too noisy, whatever the number of updates; see batch-size.',
    'That training mode may be used to evaluate: there, the answer to one digit depends on the others.',
    'A gap as wide with ReLU and 2 hidden layers: features of few layers settle sooner.',
  ],
});
