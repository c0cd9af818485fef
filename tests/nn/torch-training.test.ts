/**
 * Models go to PyTorch by `exportTorch`, are trained there and here on the same batches, and come back: outputs, gradients, weights and running
 * statistics are the same, whoever trained first.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FloatType, Generator, noGrad, randint, randn, type Shape, Tensor, unbind } from '@normgrad/autograd';
import * as nn from '@normgrad/nn';
import { expect } from 'vitest';
import { hasPyTorch, optional } from '../support/optional.ts';

interface Network {
  readonly make: () => nn.Module;
  /** Of a batch. */
  readonly shape: Shape;
  /** Of what the model gives for it. */
  readonly output: Shape;
  /** Inputs are integers below it. */
  readonly words?: number;
  /** Labels instead of numbers, by cross-entropy. */
  readonly labels?: boolean;
}

const seeds = new Generator(3);
const draw = () => ({ generator: seeds });
const tied = <M extends nn.AnyModule>(module: M, parts: object): M => Object.assign(module, parts);

/** A perceptron of [8, 5] with 8 hidden features. Biases before norms would have no gradient but rounding. */
const perceptron = (norm: () => nn.Module): Network => ({
  make: () => new nn.Sequential(new nn.Linear(5, 8, { bias: false }), norm(), new nn.GELU(), new nn.Linear(8, 3)),
  shape: [8, 5],
  output: [8, 3],
});
/** One that keeps its 4 channels apart until the end. */
const channels = (norm: () => nn.Module, ...space: number[]): Network => ({
  make: () =>
    new nn.Sequential(
      new nn.Linear(3, 5, { bias: false }),
      norm(),
      new nn.ReLU(),
      new nn.Flatten(),
      new nn.Linear(4 * space.reduce((a, b) => a * b, 1) * 5, 3),
    ),
  shape: [6, 4, ...space, 3],
  output: [6, 3],
});

const convolutional: Network = {
  make: () =>
    new nn.Sequential(
      new nn.Conv2d(2, 4, 3, { padding: 1, bias: false }),
      new nn.BatchNorm2d(4),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(36, 3),
    ),
  shape: [8, 2, 6, 6],
  output: [8, 3],
  labels: true,
};
const transformer: Network = {
  make: () =>
    new nn.Sequential(
      new nn.TransformerEncoderLayer(8, 2, {
        dimFeedforward: 12,
        dropout: 0,
        activation: 'gelu',
        normFirst: true,
        batchFirst: true,
      }),
      new nn.LayerNorm(8),
      new nn.Linear(8, 3),
    ),
  shape: [4, 5, 8],
  output: [4, 5, 3],
};
const batchNorm = perceptron(() => new nn.BatchNorm1d(8));
const optimized = { convolutional, transformer, batchNorm };

const networks: Readonly<Record<string, Network>> = {
  cumulative: perceptron(() => new nn.BatchNorm1d(8, { momentum: 'cumulative', eps: 1e-3 })),
  untracked: perceptron(() => new nn.BatchNorm1d(8, { trackRunningStatistics: false })),
  frozen: perceptron(() => nn.freezeStatistics(new nn.BatchNorm1d(8))),
  layerNorm: perceptron(() => new nn.LayerNorm(8)),
  layerNormWithoutBias: perceptron(() => new nn.LayerNorm(8, { bias: false })),
  rmsNorm: perceptron(() => new nn.RMSNorm(8)),
  groupNorm: perceptron(() => new nn.GroupNorm(2, 8)),
  switchableNorm1d: perceptron(() => new nn.SwitchableNorm1d(8)),
  ghostBatchNorm: perceptron(() => new nn.GhostBatchNorm(8, 4)),
  batchRenorm: perceptron(() => new nn.BatchRenorm(8, { rMax: 1.5, dMax: 0.5 })),
  batchNormOverSpace: channels(() => new nn.BatchNorm1d(4)),
  batchNorm3d: channels(() => new nn.BatchNorm3d(4), 2, 2),
  instanceNorm1d: channels(() => new nn.InstanceNorm1d(4)),
  instanceNorm2d: channels(() => new nn.InstanceNorm2d(4, { affine: true, trackRunningStatistics: true }), 2),
  instanceNorm3d: channels(() => new nn.InstanceNorm3d(4, { affine: true }), 2, 2),
  layerNorm2d: channels(() => new nn.LayerNorm2d(4), 2),
  localResponseNorm: channels(() => new nn.LocalResponseNorm(3, { alpha: 0.5 })),
  switchableNorm2d: channels(() => new nn.SwitchableNorm2d(4, { varCorrection: 1 }), 2),
  switchableNorm3d: channels(() => new nn.SwitchableNorm3d(4, { usingBn: false }), 2, 2),
  frozenInstanceNorm: channels(() =>
    nn.freezeStatistics(new nn.InstanceNorm1d(4, { affine: true, trackRunningStatistics: true })),
  ),
  weightNorm: {
    make: () =>
      new nn.Sequential(
        nn.weightNorm(new nn.Conv1d(2, 4, 3)),
        new nn.Tanh(),
        nn.weightNorm(new nn.ConvTranspose1d(4, 3, 2), 'weight', { dim: -1 }),
        new nn.Flatten(),
        nn.weightNorm(nn.weightNorm(new nn.Linear(12, 3), 'weight', { dim: null }), 'bias', { dim: null }),
      ),
    shape: [6, 2, 5],
    output: [6, 3],
  },
  spectralNorm: {
    make: () =>
      new nn.Sequential(
        nn.spectralNorm(new nn.Conv1d(2, 4, 3)),
        new nn.Tanh(),
        nn.spectralNorm(new nn.ConvTranspose1d(4, 3, 2), 'weight', { nPowerIterations: 2 }),
        new nn.Flatten(),
        nn.spectralNorm(new nn.Linear(12, 3)),
      ),
    shape: [6, 2, 5],
    output: [6, 3],
  },
  sharedModules: {
    make: () => {
      const block = new nn.Sequential(new nn.BatchNorm1d(4), nn.weightNorm(new nn.Linear(4, 4)), new nn.Tanh());
      return new nn.Sequential(block, block, new nn.Sequential(block, new nn.Linear(4, 3)));
    },
    shape: [6, 4],
    output: [6, 3],
  },
  tiedWeights: {
    make: () => {
      const words = new nn.Embedding(9, 8);
      return new nn.Sequential(
        words,
        new nn.TransformerEncoder(
          () => new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 8, dropout: 0, batchFirst: true }),
          2,
        ),
        tied(new nn.Linear(8, 9), { weight: words.weight }),
      );
    },
    shape: [3, 4],
    output: [3, 4, 9],
    words: 9,
  },
  frozenParameters: {
    make: () => new nn.Sequential(new nn.Linear(5, 4).requiresGrad_(false), new nn.ReLU(), new nn.Linear(4, 3)),
    shape: [6, 5],
    output: [6, 3],
  },
};

// Far above what rounding makes of gradients that are 0, which Adam would blow up to steps of lr.
const eps = 1e-3;
const optimizers = [
  ['SGD', { lr: 0.1 }],
  ['SGD', { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 }],
  ['Adam', { lr: 0.01, eps, betas: [0.8, 0.95] }],
  ['AdamW', { lr: 0.01, eps, weightDecay: 0.1 }],
  ['RMSprop', { lr: 0.005, eps, momentum: 0.5, centered: true }],
  ['Adagrad', { lr: 0.02, eps }],
  ['NAdam', { lr: 0.01, eps }],
] as const;

interface Case extends Network {
  readonly name: string;
  readonly dtype: FloatType;
  readonly optimizer: (typeof optimizers)[number];
}
const cases: Case[] = (['float32', 'float64'] as const).flatMap((dtype) => [
  ...Object.entries(optimized).flatMap(([name, network]) =>
    optimizers.map((optimizer, i) => ({ ...network, name: `${name}-${dtype}-${i}-${optimizer[0]}`, dtype, optimizer })),
  ),
  ...Object.entries(networks).map(([name, network], i) => {
    const optimizer = optimizers[i % optimizers.length]!;
    return { ...network, name: `${name}-${dtype}-${optimizer[0]}`, dtype, optimizer };
  }),
]);

type Tensors = Record<string, Tensor | bigint>;
interface Data {
  readonly x: readonly Tensor[];
  readonly target: readonly Tensor[];
}

function drawData({ shape, output, words, labels, dtype }: Case): Record<keyof Data, Tensor> {
  return {
    x: words ? randint(0, words, [30, ...shape], draw()) : randn([30, ...shape], { dtype, ...draw() }),
    target: labels ? randint(0, output[1]!, [30, output[0]!], draw()) : randn([30, ...output], { dtype, ...draw() }),
  };
}

function makeModel({ make, dtype }: Case): nn.Module {
  const model = make().to(dtype);
  noGrad(() => {
    for (const each of model.parameters()) each.assign(each.add(randn(each.shape, { dtype, ...draw() }).mul(0.2)));
  });
  return model;
}

const criteria = { labels: new nn.CrossEntropyLoss(), numbers: new nn.MSELoss() };
const lossOf = (y: Tensor, target: Tensor): Tensor => criteria[target.dtype === 'int32' ? 'labels' : 'numbers'].call(y, target);

function train(model: nn.Module, { optimizer: [name, options] }: Case, data: Data, begin: number, end: number): void {
  const make = { SGD: nn.SGD, Adam: nn.Adam, AdamW: nn.AdamW, RMSprop: nn.RMSprop, Adagrad: nn.Adagrad, NAdam: nn.NAdam };
  const optimizer = new make[name](model.parameters(), options as object);
  for (let i = begin; i < end; i++) {
    optimizer.zeroGrad();
    lossOf(model.call(data.x[i]!), data.target[i]!).backward();
    optimizer.step();
  }
}

/** State and output in evaluation. */
function note(kind: string, model: nn.Module, data: Data): Tensors {
  const state = Object.entries(model.stateDict()).map(([name, value]) => [`${kind}.${name}`, value] as const);
  const output = noGrad(() => model.eval().call(data.x[0]!));
  model.train();
  return { ...Object.fromEntries(state), [`${kind}-eval`]: output };
}

/** What our side gives, up to where its weights are written down as `trained`. */
function trainHere(model: nn.Module, each: Case, data: Data): { result: Tensors; trained: nn.StateDict } {
  const x = each.words ? data.x[0]! : data.x[0]!.detach().requiresGrad_();
  const output = model.call(x);
  lossOf(output, data.target[0]!).backward();
  const gradients = [['x', x] as const, ...model.namedParameters()].flatMap(([name, { grad }]) =>
    grad ? [[`gradient.${name}`, grad.detach()] as const] : [],
  );
  const result = { output: output.detach(), ...Object.fromEntries(gradients) };
  train(model, each, data, 0, 20);
  return { result: { ...result, ...note('trained', model, data) }, trained: model.stateDict() };
}

const numbers = (value: Tensor | bigint): number[] => (value instanceof Tensor ? [...value.toTypedArray()] : [Number(value)]);
const largest = (each: readonly number[]): number => each.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** The largest error of each tensor, over its largest value, or a thousandth of the largest of its kind. */
function errors(actual: Tensors, expected: Tensors): [name: string, error: number][] {
  const kindOf = (name: string): string => name.split('.')[0]!;
  const scales = new Map<string, number>();
  for (const [name, value] of Object.entries(expected)) {
    scales.set(kindOf(name), Math.max(scales.get(kindOf(name)) ?? 0, largest(numbers(value))));
  }
  return Object.entries(expected).map(([name, value]) => {
    const [ours, theirs] = [actual[name], value];
    if (ours === undefined || typeof ours !== typeof theirs) return [name, Number.NaN];
    if (ours instanceof Tensor && theirs instanceof Tensor)
      expect([name, ours.dtype, ours.shape]).toEqual([name, theirs.dtype, theirs.shape]);
    const b = numbers(theirs);
    const scale = Math.max(largest(b), 1e-3 * scales.get(kindOf(name))!, Number.MIN_VALUE);
    return [name, largest(numbers(ours).map((x, i) => x - b[i]!)) / scale];
  });
}

const { it } = optional('PyTorch', hasPyTorch());

it('what is trained here and there is the same, and goes on on the other side', () => {
  const folder = mkdtempSync(join(tmpdir(), 'normgrad-'));
  const here = cases.map((each) => {
    const own = join(folder, each.name);
    mkdirSync(own);
    const tensors = drawData(each);
    const data = { x: unbind(tensors.x), target: unbind(tensors.target) };
    const model = makeModel(each);
    const { source, weights } = nn.exportTorch(model);
    writeFileSync(join(own, 'model.py'), source);
    writeFileSync(join(own, 'model.safetensors'), weights);
    writeFileSync(join(own, 'data.safetensors'), nn.saveSafetensors({ ...tensors }));
    const { result, trained } = trainHere(model, each, data);
    writeFileSync(join(own, 'ours.safetensors'), nn.saveSafetensors(trained));
    const renamed = Object.entries(note('ours', model, data));
    train(model, each, data, 20, 30);
    return { each, own, data, result: { ...result, ...Object.fromEntries(renamed), ...note('ours-on', model, data) } };
  });
  const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const orders = cases.map(({ name, dtype, optimizer: [optimizer, options] }) => ({
    name,
    dtype,
    optimizer,
    options: Object.fromEntries(Object.entries(options).map(([option, value]) => [snake(option), value])),
  }));
  const script = join(import.meta.dirname, 'torch-training.py');
  execFileSync('/usr/bin/python3', [script], { cwd: folder, input: JSON.stringify(orders), stdio: ['pipe', 'pipe', 'inherit'] });

  const failures = here.flatMap(({ each, own, data, result }) => {
    const expected = nn.loadSafetensors(readFileSync(join(own, 'result.safetensors')));
    const model = makeModel(each);
    model.loadStateDict(nn.loadSafetensors(readFileSync(join(own, 'trained.safetensors'))));
    const back = note('trained', model, data)['trained-eval']!;
    train(model, each, data, 20, 30);
    const tolerance = each.dtype === 'float32' ? 1e-5 : 1e-10;
    return [
      ...errors({ ...result, ...note('on', model, data) }, expected),
      ...errors({ 'trained-eval': back }, { 'trained-eval': expected['trained-eval']! }),
    ].flatMap(([name, error]) => (error <= tolerance ? [] : [`${each.name} ${name}: ${error}`]));
  });
  expect(failures).toEqual([]);
}, 120_000);
