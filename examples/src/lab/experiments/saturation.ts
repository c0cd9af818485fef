import { Generator, mean, noGrad, std } from '@normgrad/autograd';
import { Sigmoid } from '@normgrad/nn';
import { larger } from '../claims.ts';
import { accuracy, createNetwork, digitsData, recordLoss, trainModel } from '../digits.ts';
import { defineExperiment } from '../experiment.ts';

const compared = ['batch', 'layer', 'none'] as const;

/** Eval accuracy with PyTorch and 8 hidden layers: mean and standard deviation of one run. */
const pyTorch = { batch: [0.961, 0.008], layer: [0.096, 0.009], none: [0.093, 0.007] } as const;

export const saturation = defineExperiment({
  name: 'saturation',
  title: 'Batch norm lets saturating activations train',
  question: 'Sigmoids are flat far from zero, and steep by a quarter at most. Which norm lets a deep network of them learn?',
  method:
    'Networks of 1 to 8 hidden layers of 64 sigmoids, each Linear – norm – sigmoid, learn from 400 batches of 64. Before they do, it is ' +
    'measured how much their outputs differ from digit to digit: what does not reach the output cannot be learned from.',
  seeds: { full: 20, quick: 3 },

  settings: (quick) =>
    compared.flatMap((norm) =>
      (quick ? [2, 8] : [1, 2, 4, 8]).map((hiddenLayers) => ({
        norm,
        hiddenLayers,
        activation: 'sigmoid',
        batchSize: 64,
        updates: quick ? 150 : 400,
        learningRate: 0.05,
        sgdMomentum: 0.9,
      })),
    ),

  run(setting, seed) {
    const random = new Generator(seed);
    const data = digitsData(random);
    const model = createNetwork({ ...setting, activation: () => new Sigmoid() }, random);
    const difference = noGrad(() => mean(std(model.call(data.trainBatch.images), { dim: 0 })).item());
    const { curve, onUpdate } = recordLoss(10);
    trainModel(model, data, { ...setting, onUpdate }, random);
    return { results: { accuracy: accuracy(model, data.evalBatch), difference }, curves: { loss: curve } };
  },

  measures: {
    accuracy: { label: 'eval accuracy (share right)' },
    difference: { label: 'outputs differ by, before training (standard deviation over digits)', digits: 'scientific' },
  },
  charts: [
    { title: 'Digits never seen', x: 'hiddenLayers', results: ['accuracy'], series: ['norm'], most: 1 },
    {
      title: 'How much of a digit reaches the output, before training',
      x: 'hiddenLayers',
      yLabel: 'standard deviation of outputs over digits',
      yScale: 'logarithmic',
      results: ['difference'],
      series: ['norm'],
    },
    {
      title: '8 hidden layers learning',
      xLabel: 'updates',
      yLabel: 'training loss (nats)',
      curves: ['loss'],
      series: ['norm'],
      where: ({ hiddenLayers }) => hiddenLayers === 8,
    },
  ],
  reference: { runs: 20, of: ({ norm, hiddenLayers }) => (hiddenLayers === 8 ? { accuracy: pyTorch[norm] } : {}) },

  claims: (['none', 'layer'] as const).map((norm) =>
    larger(`With 8 hidden layers, batch norm is better than ${norm === 'none' ? 'no norm' : 'layer norm'}.`, 'accuracy', {
      more: { norm: 'batch', hiddenLayers: 8 },
      less: { norm, hiddenLayers: 8 },
    }),
  ),
  shows: [
    'With 8 layers of sigmoids only batch norm learns; the others stay at chance, one in ten.',
    'Without a norm all digits look alike after a few layers: each layer shrinks the differences, and adds a bias that is the same for all. Batch norm makes every feature differ from digit to digit again, at every layer.',
    'Layer norm scales each digit by itself. What digits have in common stays, so that differences shrink there, too, if less.',
  ],
  doesNotShow: [
    'That sigmoids are a good choice.',
    'What longer training, other initial weights or residual connections would do for the other two.',
  ],
});
