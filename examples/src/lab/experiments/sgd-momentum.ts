import { larger } from '../claims.ts';
import { accuracy, recordLoss, trainDigits } from '../digits.ts';
import { defineExperiment } from '../experiment.ts';

/** How learning rates follow from momentum. */
const rules = {
  'same rate': { nesterov: false, rate: () => 0.01 },
  'same rate, Nesterov': { nesterov: true, rate: () => 0.01 },
  'same total step': { nesterov: false, rate: (reach: number) => 0.1 / reach },
} as const;
type Rule = keyof typeof rules;

/** Eval accuracy with PyTorch: mean and standard deviation of one run. */
const pyTorch: Partial<Record<Rule, Record<number, readonly [number, number]>>> = {
  'same rate': { 0: [0.198, 0.054], 0.5: [0.349, 0.087], 0.9: [0.842, 0.022], 0.99: [0.891, 0.024] },
  'same rate, Nesterov': { 0.9: [0.847, 0.023] },
};

export const sgdMomentum = defineExperiment({
  name: 'sgd-momentum',
  title: 'Momentum of gradient descent',
  question: 'What does the momentum of SGD do, which has nothing but the name in common with that of running statistics?',
  method:
    'A network 64–64–64–10 with ReLU and no norm learns from 200 batches of 64. With momentum m each gradient acts on all later updates, ' +
    'in all 1 / (1 − m) times as far: once with learning rate 0.01 for all, once with 0.1 (1 − m), so that it goes equally far.',
  seeds: { full: 20, quick: 3 },

  settings: (quick) =>
    (Object.keys(rules) as Rule[]).flatMap((rule) =>
      (quick ? [0, 0.9] : [0, 0.5, 0.9, 0.99]).flatMap((sgdMomentum) => {
        const reach = Math.round(1 / (1 - sgdMomentum)); // updates
        const { nesterov, rate } = rules[rule];
        if (nesterov && sgdMomentum === 0) return []; // it is plain SGD
        const learningRate = rate(reach);
        return [
          {
            rule,
            sgdMomentum,
            nesterov,
            reach,
            learningRate,
            batchSize: 64,
            updates: 200,
            hiddenLayers: 2,
            norm: 'none' as const,
          },
        ];
      }),
    ),

  run(setting, seed) {
    const { curve, onUpdate } = recordLoss(5);
    const { model, data } = trainDigits({ ...setting, onUpdate }, seed);
    return { results: { accuracy: accuracy(model, data.evalBatch) }, curves: { loss: curve } };
  },

  measures: { accuracy: { label: 'eval accuracy (share right)' } },
  charts: [
    {
      title: 'How good it is after 200 updates',
      x: 'reach',
      xLabel: '1 / (1 − SGD momentum), how often a gradient acts in all',
      xScale: 'logarithmic',
      results: ['accuracy'],
      series: ['rule'],
      most: 1,
    },
    {
      title: 'The same learning rate',
      xLabel: 'updates',
      yLabel: 'training loss (nats)',
      curves: ['loss'],
      series: ['sgdMomentum'],
      where: ({ rule }) => rule === 'same rate',
    },
    {
      title: 'The same total step of each gradient',
      xLabel: 'updates',
      yLabel: 'training loss (nats)',
      curves: ['loss'],
      series: ['sgdMomentum'],
      where: ({ rule }) => rule === 'same total step',
    },
  ],
  reference: { runs: 20, of: ({ rule, sgdMomentum }) => ({ accuracy: pyTorch[rule]?.[sgdMomentum] }) },

  claims: [
    larger('At the same rate, momentum 0.9 is better than none.', 'accuracy', {
      more: { rule: 'same rate', sgdMomentum: 0.9 },
      less: { rule: 'same rate', sgdMomentum: 0 },
    }),
    larger(
      'What momentum 0.9 gains is found without it, too, at ten times the rate: that is better than no momentum at the same rate.',
      'accuracy',
      {
        more: { rule: 'same total step', sgdMomentum: 0 },
        less: { rule: 'same rate', sgdMomentum: 0 },
      },
    ),
    larger('Nesterov’s momentum 0.9 is better than the usual.', 'accuracy', {
      more: { rule: 'same rate, Nesterov', sgdMomentum: 0.9 },
      less: { rule: 'same rate', sgdMomentum: 0.9 },
    }),
  ],
  shows: [
    'At the same learning rate momentum makes all the difference in so few updates: without it the network has hardly begun.',
    'Most of it is the longer way: with momentum 0.9 a gradient acts ten times as far in all. With ten times the rate, plain SGD gets as far. Momentum 0.99 needs more than 200 updates to act in full.',
    'Nesterov’s look ahead changes little here.',
  ],
  doesNotShow: [
    'That momentum is of no use: where curvatures differ much, a rate of 0.1 may be too large for plain steps when 0.01 with momentum 0.9 is not.',
    'The momentum of running statistics, where 0.9 in one library is 0.1 in another: see statistics-momentum.',
  ],
});
