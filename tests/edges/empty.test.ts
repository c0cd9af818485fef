/** Nothing in, nothing out: every op on tensors without elements gives an empty result and zero gradients, or says why not. */
import * as ng from '@normgrad/autograd';
import { grad, ones, type Shape, Tensor, tensor, zeros } from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { opCases } from '../gradients/op-cases.ts';
import { thrown } from '../ops/support.ts';

interface Empty {
  readonly inputs: readonly Shape[];
  readonly fn: (...xs: Tensor[]) => Tensor | readonly Tensor[];
  /** The shapes of the results. */
  readonly shapes: readonly Shape[];
}

const none: Shape = [0, 3];
const map = (fn: (x: Tensor) => Tensor): Empty => ({ inputs: [none], fn: (x) => fn(x!), shapes: [none] });
const pair = (fn: (a: Tensor, b: Tensor) => Tensor): Empty => ({
  inputs: [
    [2, 0, 3],
    [2, 1, 1],
  ],
  fn: (a, b) => fn(a!, b!),
  shapes: [[2, 0, 3]],
});
const of = (
  inputs: readonly Shape[],
  shape: Shape,
  fn: (...xs: [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]) => Tensor,
): Empty => ({
  inputs,
  fn: (...xs) => fn(...(xs as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor])),
  shapes: [shape],
});
/** A loss of two empty tensors, without reduction. */
const loss = (fn: (a: Tensor, b: Tensor) => Tensor): Empty => of([none, none], none, fn);
const ints = (...shape: number[]): Tensor => zeros(shape, { dtype: 'int32' });
const bools = (...shape: number[]): Tensor => zeros(shape, { dtype: 'bool' });
const wide = { dtype: 'float64' } as const;
const none3 = { reduction: 'none' } as const;

const cases: Record<string, Empty> = {
  abs: map(ng.abs),
  adaptiveAvgPool1d: of([[0, 2, 4]], [0, 2, 2], (x) => ng.adaptiveAvgPool1d(x, 2)),
  adaptiveAvgPool2d: of([[0, 2, 4, 4]], [0, 2, 2, 2], (x) => ng.adaptiveAvgPool2d(x, 2)),
  add: pair(ng.add),
  amax: of([[0, 3]], [0], (x) => ng.amax(x, { dim: 1 })),
  amin: of([[0, 3]], [0], (x) => ng.amin(x, { dim: 1 })),
  avgPool1d: of([[0, 2, 4]], [0, 2, 2], (x) => ng.avgPool1d(x, 2)),
  avgPool2d: of([[0, 2, 4, 4]], [0, 2, 2, 2], (x) => ng.avgPool2d(x, 2)),
  batchInstanceNorm: of([[0, 3, 2], [3], [3], [3]], [0, 3, 2], (x, gate, weight, bias) =>
    ng.batchInstanceNorm(x, gate, { weight, bias, training: true }),
  ),
  batchNorm: of([[0, 3], [3], [3]], [0, 3], (x, weight, bias) => ng.batchNorm(x, { weight, bias, training: true })),
  batchNormEval: of([[0, 3], [3], [3]], [0, 3], (x, weight, bias) =>
    ng.batchNorm(x, { weight, bias, runningMean: zeros([3], wide), runningVar: ones([3], wide) }),
  ),
  batchRenorm: of([[0, 3], [3], [3]], [0, 3], (x, weight, bias) =>
    ng.batchRenorm(x, zeros([3], wide), ones([3], wide), { weight, bias, training: true }),
  ),
  binaryCrossEntropy: loss((a, b) => ng.binaryCrossEntropy(a, b, none3)),
  binaryCrossEntropyWithLogits: loss((a, b) => ng.binaryCrossEntropyWithLogits(a, b, none3)),
  bincount: of([[0]], [2], (weights) => ng.bincount(ints(0), { weights, minlength: 2 })),
  cat: of([none, none], [0, 6], (a, b) => ng.cat([a, b], { dim: 1 })),
  ceil: map(ng.ceil),
  center: of([none, [1, 3]], none, (x, mean) => ng.center(x, mean)),
  chunk: {
    inputs: [[4, 0]],
    fn: (x) => ng.chunk(x!, 2),
    shapes: [
      [2, 0],
      [2, 0],
    ],
  },
  clamp: map((x) => ng.clamp(x, { min: 0 })),
  clone: map(ng.clone),
  conv1d: of([[0, 2, 5], [4, 2, 3], [4]], [0, 4, 3], (x, weight, bias) => ng.conv1d(x, weight, { bias })),
  conv2d: of([[0, 2, 5, 5], [4, 2, 3, 3], [4]], [0, 4, 3, 3], (x, weight, bias) => ng.conv2d(x, weight, { bias })),
  convTranspose1d: of([[0, 2, 3], [2, 4, 3], [4]], [0, 4, 5], (x, weight, bias) => ng.convTranspose1d(x, weight, { bias })),
  convTranspose2d: of([[0, 2, 3, 3], [2, 4, 3, 3], [4]], [0, 4, 5, 5], (x, weight, bias) =>
    ng.convTranspose2d(x, weight, { bias }),
  ),
  cos: map(ng.cos),
  crossEntropy: of([[0, 3]], [0], (x) => ng.crossEntropy(x, ints(0), none3)),
  cosineEmbeddingLoss: of([none, none], [0], (a, b) => ng.cosineEmbeddingLoss(a, b, ints(0), none3)),
  cosineSimilarity: of(
    [
      [0, 3],
      [0, 3],
    ],
    [0],
    (a, b) => ng.cosineSimilarity(a, b),
  ),
  cumprod: map((x) => ng.cumprod(x, { dim: 0 })),
  cumsum: map((x) => ng.cumsum(x, { dim: 0 })),
  div: pair(ng.div),
  dropout: map((x) => ng.dropout(x)),
  dropout1d: of([[0, 2, 3]], [0, 2, 3], (x) => ng.dropout1d(x)),
  dropout2d: of([[2, 3, 0, 4]], [2, 3, 0, 4], (x) => ng.dropout2d(x)),
  dynamicTanh: of([[0, 3], [1], [3], [3]], [0, 3], (x, alpha, weight, bias) => ng.dynamicTanh(x, alpha, { weight, bias })),
  eigh: {
    inputs: [[0, 2, 2]],
    fn: (x) => Object.values(ng.eigh(x!)),
    shapes: [
      [0, 2],
      [0, 2, 2],
    ],
  },
  einsum: of(
    [
      [0, 3],
      [3, 2],
    ],
    [0, 2],
    (a, b) => ng.einsum('ij,jk->ik', a, b),
  ),
  elu: map(ng.elu),
  embedding: of([[5, 2]], [0, 2], (weight) => ng.embedding(ints(0), weight)),
  erf: map(ng.erf),
  evoNormS0: of([[0, 4, 2], [4], [4], [4]], [0, 4, 2], (x, slope, weight, bias) => ng.evoNormS0(x, slope, 2, { weight, bias })),
  exp: map(ng.exp),
  expand: of([[0, 1]], [0, 4], (x) => ng.expand(x, [0, 4])),
  expm1: map(ng.expm1),
  filterResponseNorm: of([[2, 3, 0], [3], [3], [3], [1]], [2, 3, 0], (x, weight, bias, threshold, learnedEps) =>
    ng.filterResponseNorm(x, { weight, bias, threshold, learnedEps }),
  ),
  flatten: of([[2, 0, 3]], [0], (x) => ng.flatten(x)),
  flip: map((x) => ng.flip(x, [0, 1])),
  floor: map(ng.floor),
  gather: of([[4, 3]], [0, 3], (x) => ng.gather(x, ints(0, 3), { dim: 0 })),
  gelu: map((x) => ng.gelu(x)),
  geluTanh: map((x) => ng.gelu(x, { approximate: 'tanh' })),
  glu: of([[0, 4]], [0, 2], (x) => ng.glu(x)),
  ghostBatchNorm: of([[0, 3], [3], [3]], [0, 3], (x, weight, bias) => ng.ghostBatchNorm(x, 2, { weight, bias, training: true })),
  groupNorm: of([[0, 4, 3], [4], [4]], [0, 4, 3], (x, weight, bias) => ng.groupNorm(x, 2, { weight, bias })),
  hardsigmoid: map(ng.hardsigmoid),
  hardswish: map(ng.hardswish),
  hardtanh: map((x) => ng.hardtanh(x)),
  gaussianNllLoss: of(
    [
      [0, 3],
      [0, 3],
      [0, 1],
    ],
    [0, 3],
    (a, b, v) => ng.gaussianNllLoss(a, b, v, none3),
  ),
  hingeEmbeddingLoss: of([none], none, (x) => ng.hingeEmbeddingLoss(x, ints(0, 3), none3)),
  huberLoss: loss((a, b) => ng.huberLoss(a, b, none3)),
  index: of([[4, 3]], [0, 3], (x) => ng.index(x, [{ start: 2, stop: 2 }])),
  indexSelect: of([[4, 3]], [0, 3], (x) => ng.indexSelect(x, ints(0), { dim: 0 })),
  instanceNorm: of([[0, 3, 4], [3], [3]], [0, 3, 4], (x, weight, bias) => ng.instanceNorm(x, { weight, bias })),
  instanceNormEval: of([[0, 3, 4]], [0, 3, 4], (x) =>
    ng.instanceNorm(x, { runningMean: zeros([3], wide), runningVar: ones([3], wide), useInputStats: false }),
  ),
  klDiv: loss((a, b) => ng.klDiv(a, b, none3)),
  iterativeNorm: of([[0, 4, 2], [4], [4]], [0, 4, 2], (x, weight, bias) =>
    ng.iterativeNorm(x, { weight, bias, numGroups: 2, training: true }),
  ),
  l1Loss: loss((a, b) => ng.l1Loss(a, b, none3)),
  indexAdd: of(
    [
      [0, 2],
      [0, 2],
    ],
    [0, 2],
    (x, y) => ng.indexAdd(x, ng.zeros([0], { dtype: 'int32' }), y, { dim: 0 }),
  ),
  interpolate: of([[0, 2, 3]], [0, 2, 5], (x) => ng.interpolate(x, { size: 5, mode: 'linear' })),
  layerNorm: of([[0, 4], [4], [4]], [0, 4], (x, weight, bias) => ng.layerNorm(x, 4, { weight, bias })),
  leakyRelu: map((x) => ng.leakyRelu(x)),
  linear: of([[0, 3], [2, 3], [2]], [0, 2], (x, weight, bias) => ng.linear(x, weight, bias)),
  localResponseNorm: of([[0, 3, 4]], [0, 3, 4], (x) => ng.localResponseNorm(x, 2)),
  log: map(ng.log),
  log1p: map(ng.log1p),
  logSigmoid: map(ng.logSigmoid),
  logSoftmax: map((x) => ng.logSoftmax(x, { dim: 1 })),
  logsumexp: of([[0, 3]], [0], (x) => ng.logsumexp(x, { dim: 1 })),
  marginRankingLoss: loss((a, b) => ng.marginRankingLoss(a, b, ints(0, 3), none3)),
  maskedBatchNorm: of([[0, 3, 4], [3]], [0, 3, 4], (x, weight) => ng.maskedBatchNorm(x, bools(0, 4), { weight, training: true })),
  maskedFill: map((x) => ng.maskedFill(x, bools(0, 3), 1)),
  maskedGroupNorm: of([[0, 4, 3], [4]], [0, 4, 3], (x, weight) => ng.maskedGroupNorm(x, bools(0, 3), 2, { weight })),
  maskedInstanceNorm: of([[0, 3, 4], [3]], [0, 3, 4], (x, weight) => ng.maskedInstanceNorm(x, bools(0, 4), { weight })),
  maskedLayerNorm: of([[0, 2, 4], [4]], [0, 2, 4], (x, weight) => ng.maskedLayerNorm(x, bools(0, 2), 4, { weight })),
  matmul: of(
    [
      [2, 0],
      [0, 3],
    ],
    [2, 3],
    (a, b) => ng.matmul(a, b),
  ),
  max: { inputs: [[0, 3]], fn: (x) => ng.max(x!, { dim: 1 }).values, shapes: [[0]] },
  maxPool1d: of([[0, 2, 4]], [0, 2, 2], (x) => ng.maxPool1d(x, 2)),
  maxPool2d: of([[0, 2, 4, 4]], [0, 2, 2, 2], (x) => ng.maxPool2d(x, 2)),
  maximum: pair(ng.maximum),
  mean: of([[0, 3]], [0], (x) => ng.mean(x, { dim: 1 })),
  meshgrid: {
    inputs: [[0], [3]],
    fn: (...xs) => ng.meshgrid(xs),
    shapes: [
      [0, 3],
      [0, 3],
    ],
  },
  min: { inputs: [[0, 3]], fn: (x) => ng.min(x!, { dim: 1 }).values, shapes: [[0]] },
  minimum: pair(ng.minimum),
  mish: map(ng.mish),
  mseLoss: loss((a, b) => ng.mseLoss(a, b, none3)),
  mul: pair(ng.mul),
  narrow: of([[4, 3]], [0, 3], (x) => ng.narrow(x, { dim: 0, start: 1, length: 0 })),
  neg: map(ng.neg),
  nllLoss: of([[0, 3]], [0], (x) => ng.nllLoss(x, ints(0), none3)),
  normalizeWith: of([none, [1, 3], [1, 3]], none, (x, mean, rstd) => ng.normalizeWith(x, mean, rstd)),
  outer: of([[0], [3]], [0, 3], ng.outer),
  pad: of([none], [0, 5], (x) => ng.pad(x, [1, 1])),
  permute: of([[0, 3]], [3, 0], (x) => ng.permute(x, [1, 0])),
  poissonNllLoss: loss((a, b) => ng.poissonNllLoss(a, b, { ...none3, full: true })),
  pow: pair(ng.pow),
  prod: of([[0, 3]], [3], (x) => ng.prod(x, { dim: 0 })),
  reciprocal: map(ng.reciprocal),
  movedim: of([[0, 2]], [2, 0], (x) => ng.movedim(x, 0, 1)),
  normalize: of([[0, 3]], [0, 3], (x) => ng.normalize(x)),
  prelu: of([[0, 3], [3]], [0, 3], (x, weight) => ng.prelu(x, weight)),
  relu: map(ng.relu),
  relu6: map(ng.relu6),
  repeat: of([none], [0, 6], (x) => ng.repeat(x, [2, 2])),
  reshape: of([none], [3, 0], (x) => ng.reshape(x, [3, 0])),
  rmsNorm: of([[0, 4], [4]], [0, 4], (x, weight) => ng.rmsNorm(x, 4, { weight })),
  roll: map((x) => ng.roll(x, 1)),
  round: map(ng.round),
  rsqrt: map(ng.rsqrt),
  rstd: map((x) => ng.rstd(x, 0.5)),
  scaleNorm: of([[2, 0], []], [2, 0], (x, scale) => ng.scaleNorm(x, scale)),
  scatterAdd: of(
    [
      [4, 3],
      [0, 3],
    ],
    [4, 3],
    (x, source) => ng.scatterAdd(x, ints(0, 3), source, { dim: 0 }),
  ),
  selu: map(ng.selu),
  sigmoid: map(ng.sigmoid),
  sign: map(ng.sign),
  silu: map(ng.silu),
  sin: map(ng.sin),
  smoothL1Loss: loss((a, b) => ng.smoothL1Loss(a, b, none3)),
  softmax: map((x) => ng.softmax(x, { dim: 1 })),
  softplus: map((x) => ng.softplus(x)),
  softsign: map(ng.softsign),
  split: {
    inputs: [[4, 0]],
    fn: (x) => ng.split(x!, [1, 3]),
    shapes: [
      [1, 0],
      [3, 0],
    ],
  },
  sqrt: map(ng.sqrt),
  square: map(ng.square),
  squeeze: of([[1, 0]], [0], (x) => ng.squeeze(x)),
  stack: of([none, none], [2, 0, 3], (a, b) => ng.stack([a, b])),
  solve: of(
    [
      [2, 2],
      [2, 0],
    ],
    [2, 0],
    ng.solve,
  ),
  sort: map((x) => ng.sort(x).values),
  std: of([[0, 3]], [0], (x) => ng.std(x, { dim: 1 })),
  sub: pair(ng.sub),
  sum: of([[0, 3]], [3], (x) => ng.sum(x, { dim: 0 })),
  sumTo: of([[0, 3]], [1, 3], (x) => ng.sumTo(x, [1, 3])),
  tanh: map(ng.tanh),
  topk: of([[0, 3]], [0, 2], (x) => ng.topk(x, 2).values),
  trace: of([[0, 2, 3]], [0], ng.trace),
  transpose: of([[0, 3]], [3, 0], (x) => ng.transpose(x)),
  adaptiveInstanceNorm: of(
    [
      [0, 2, 3],
      [0, 2, 3],
    ],
    [0, 2, 3],
    (x, style) => ng.adaptiveInstanceNorm(x, style),
  ),
  diagonal: of([[0, 2, 3]], [0, 2], (x) => ng.diagonal(x)),
  logaddexp: of([[0, 3], [3]], [0, 3], (a, b) => ng.logaddexp(a, b)),
  repeatInterleave: of([[0, 3]], [0, 3], (x) => ng.repeatInterleave(x, 2, { dim: 0 })),
  tripletMarginLoss: of(
    [
      [0, 3],
      [0, 3],
      [0, 3],
    ],
    [0],
    (a, b, c) => ng.tripletMarginLoss(a, b, c, { reduction: 'none' }),
  ),
  unflatten: of([[0, 4]], [0, 2, 2], (x) => ng.unflatten(x, 1, [2, 2])),
  weightStandardization: of([[0, 3]], [0, 3], (x) => ng.weightStandardization(x)),
  tril: map((x) => ng.tril(x)),
  triu: map((x) => ng.triu(x)),
  unbind: { inputs: [[2, 0]], fn: (x) => ng.unbind(x!), shapes: [[0], [0]] },
  unsqueeze: of([[0]], [0, 1], (x) => ng.unsqueeze(x, 1)),
  variance: of([[0, 3]], [0], (x) => ng.variance(x, { dim: 1 })),
  vectorNorm: of([[0, 3]], [0], (x) => ng.vectorNorm(x, { dim: 1 })),
  where: pair((a, b) => ng.where(bools(2, 0, 3), a, b)),
};
/** Composed of others, with state or sizes that are never 0. */
const elsewhere = [
  'attention',
  'gru',
  'gruCell',
  'lstm',
  'lstmCell',
  'moments',
  'rnn',
  'rnnCell',
  'scaledDotProductAttention',
  'spectralNorm',
  'switchableNorm',
  'weightNorm',
];

it('no op is forgotten', () => {
  expect([...Object.keys(cases), ...elsewhere].sort()).toEqual(Object.keys(opCases).sort());
});

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  it.each(Object.entries(cases).filter(([name]) => dtype === 'float64' || !/center|normalizeWith|Eval|Renorm/.test(name)))(
    '%s',
    (_, { inputs, fn, shapes }) => {
      const points = inputs.map((shape) => ones(shape, { dtype, requiresGrad: true }));
      const result = fn(...points);
      const outputs = result instanceof Tensor ? [result] : result;
      expect(outputs.map(({ shape }) => shape)).toEqual(shapes);
      for (const createGraph of [false, true]) {
        const gradOutputs = outputs.map(({ shape }) => ones(shape, { dtype }));
        const gradients = grad(outputs, points, { gradOutputs, createGraph, retainGraph: true, allowUnused: true });
        gradients.forEach((gradient, i) => {
          expect(gradient.shape).toEqual(inputs[i]);
          const used = outputs.some(({ size }) => size > 0); // only an empty sum has a result to weigh
          if (!used) expect(Array.from(gradient.toTypedArray()).every((value) => value === 0)).toBe(true);
        });
      }
    },
  );
});

it('the rest say what they need', () => {
  const x = tensor([], { shape: [0, 3] });
  expect({
    'max of nothing': thrown(() => ng.max(x, { dim: 0 })),
    'moments of nothing': thrown(() => ng.moments(x, { dim: 0 })),
  }).toMatchInlineSnapshot(`
    {
      "max of nothing": "ShapeError: max: dim 0 of x [0, 3] has size 0; there must be at least one element.",
      "moments of nothing": "ShapeError: moments: dims [0] of x [0, 3] hold no values; each group needs at least one.",
    }
  `);
});
