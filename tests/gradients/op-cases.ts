/** Every differentiable op with inputs to check it at: one row an op, or several where its options change the derivative. */

import type { Shape, Tensor } from '@normgrad/autograd';
import * as ng from '@normgrad/autograd';
import type { TensorFunction } from '@normgrad/gradcheck';
import { sizeOf } from './grid.ts';

export interface OpCase {
  readonly title: string;
  readonly fn: TensorFunction;
  readonly inputs: readonly Tensor[];
}

/** Values of both signs, no two alike, at least 1/16 away from 0 and from one another: away from every kink. */
function values(shape: Shape, seed = 0): Tensor {
  const size = sizeOf(shape);
  const stride = [7, 11, 13, 17].find((n) => size % n !== 0) ?? 1;
  const at = (i: number): number => ((i * stride + seed) % size) - (size - 1) / 2;
  const data = Float64Array.from({ length: size }, (_, i) => (at(i) * 2.6) / Math.max(size, 2) + 0.1 + seed / 32);
  return ng.tensor(data, { shape });
}

/** Values from 0.3 to 2.5. */
const positive = (shape: Shape, seed = 0): Tensor => ng.add(ng.abs(values(shape, seed)), 0.3).detach();

const unary = (fn: (x: Tensor) => Tensor, x = values([2, 3])): OpCase[] => [{ title: fn.name, fn: (t) => fn(t!), inputs: [x] }];

const binary = (fn: (a: Tensor, b: Tensor) => Tensor, make = values): OpCase[] =>
  [
    [
      [2, 3],
      [2, 3],
    ],
    [
      [2, 1, 3],
      [4, 1],
    ],
    [[3], []],
  ].map(([a, b]) => ({
    title: `${fn.name} [${a}] and [${b}]`,
    fn: (s, t) => fn(s!, t!),
    inputs: [make(a!), make(b!, 1)],
  }));

const classes = ng.tensor([1, 0, -100], { dtype: 'int32' });
const condition = ng.tensor([true, false, true]);
const statistics = [ng.tensor([0.25, -0.5], { dtype: 'float64' }), ng.tensor([0.75, 1.5], { dtype: 'float64' })] as const;
const affine = (n: number): Tensor[] => [values([n], 2), values([n], 3)];

/** By the name of the op's record. */
export const opCases: Readonly<Record<string, readonly OpCase[]>> = {
  absOp: unary(ng.abs),
  addOp: binary(ng.add),
  batchNormOp: [
    {
      title: 'batchNorm',
      fn: (x, weight, bias) => ng.batchNorm(x!, { weight, bias, training: true }),
      inputs: [values([3, 2, 2]), ...affine(2)],
    },
  ],
  batchNormEvalOp: [
    {
      title: 'batchNorm in evaluation',
      fn: (x, weight, bias) => ng.batchNorm(x!, { weight, bias, runningMean: statistics[0], runningVar: statistics[1] }),
      inputs: [values([3, 2, 2]), ...affine(2)],
    },
  ],
  centerOp: [{ title: 'center', fn: (x, mean) => ng.center(x!, mean!), inputs: [values([2, 3]), values([2, 1], 1)] }],
  cosOp: unary(ng.cos),
  crossEntropyOp: (['mean', 'sum', 'none'] as const).map((reduction) => ({
    title: `crossEntropy ${reduction}`,
    fn: (logits) => ng.crossEntropy(logits!, classes, { reduction }),
    inputs: [values([3, 4])],
  })),
  divOp: [...binary(ng.div, positive), { title: 'div of a number', fn: (x) => ng.div(2, x!), inputs: [values([2, 3])] }],
  expOp: unary(ng.exp),
  expandOp: [{ title: 'expand', fn: (x) => ng.expand(x!, [4, 2, 3]), inputs: [values([2, 1])] }],
  groupNormOp: [
    {
      title: 'groupNorm',
      fn: (x, weight, bias) => ng.groupNorm(x!, 2, { weight, bias }),
      inputs: [values([2, 6, 2]), ...affine(6)],
    },
  ],
  instanceNormOp: [
    {
      title: 'instanceNorm',
      fn: (x, weight, bias) => ng.instanceNorm(x!, { weight, bias }),
      inputs: [values([2, 2, 4]), ...affine(2)],
    },
  ],
  instanceNormEvalOp: [
    {
      title: 'instanceNorm by running statistics',
      fn: (x, weight, bias) =>
        ng.instanceNorm(x!, { weight, bias, runningMean: statistics[0], runningVar: statistics[1], useInputStats: false }),
      inputs: [values([2, 2, 3]), ...affine(2)],
    },
  ],
  layerNormOp: [
    {
      title: 'layerNorm',
      fn: (x, weight, bias) => ng.layerNorm(x!, 4, { weight, bias }),
      inputs: [values([3, 4]), ...affine(4)],
    },
  ],
  linearOp: [
    {
      title: 'linear',
      fn: (x, weight, bias) => ng.linear(x!, weight!, bias),
      inputs: [values([2, 1, 3]), values([4, 3], 1), values([4], 2)],
    },
    { title: 'linear without bias', fn: (x, weight) => ng.linear(x!, weight!), inputs: [values([3]), values([2, 3], 1)] },
  ],
  logOp: unary(ng.log, positive([2, 3])),
  logSoftmaxOp: [0, 1].map((dim) => ({
    title: `logSoftmax over ${dim}`,
    fn: (x) => ng.logSoftmax(x!, { dim }),
    inputs: [values([3, 4])],
  })),
  matmulOp: [
    { title: 'matmul of matrices', fn: (a, b) => ng.matmul(a!, b!), inputs: [values([2, 3]), values([3, 4], 1)] },
    { title: 'matmul of a batch and a matrix', fn: (a, b) => ng.matmul(a!, b!), inputs: [values([2, 1, 3]), values([3, 2], 1)] },
    { title: 'matmul of two batches', fn: (a, b) => ng.matmul(a!, b!), inputs: [values([2, 1, 2, 3]), values([3, 3, 1], 1)] },
    { title: 'matmul of vectors', fn: (a, b) => ng.matmul(a!, b!), inputs: [values([3]), values([3], 1)] },
    ...[
      { transposeA: true, transposeB: false },
      { transposeA: false, transposeB: true },
      { transposeA: true, transposeB: true },
    ].map((flags): OpCase => {
      const a = flags.transposeA ? [3, 2] : [2, 3];
      const b = flags.transposeB ? [4, 3] : [3, 4];
      return {
        title: `matmul ${JSON.stringify(flags)}`,
        fn: (s, t) => ng.matmul(s!, t!, flags),
        inputs: [values(a), values(b, 1)],
      };
    }),
  ],
  maximumOp: binary(ng.maximum),
  meanOp: [{ title: 'mean', fn: (x) => ng.mean(x!, { dim: [0, 2] }), inputs: [values([2, 3, 2])] }],
  minimumOp: binary(ng.minimum),
  momentsOp: [{ title: 'moments', fn: (x) => Object.values(ng.moments(x!, { dim: [0, 2] })), inputs: [values([2, 3, 2])] }],
  mulOp: [...binary(ng.mul), { title: 'mul with itself', fn: (x) => ng.mul(x!, x!), inputs: [values([3])] }],
  negOp: unary(ng.neg),
  normalizeWithOp: [
    {
      title: 'normalizeWith',
      fn: (x, mean, rstd) => ng.normalizeWith(x!, mean!, rstd!),
      inputs: [values([2, 3]), values([2, 1], 1), positive([1, 3])],
    },
  ],
  permuteOp: [
    { title: 'permute', fn: (x) => ng.permute(x!, [2, 0, 1]), inputs: [values([2, 3, 2])] },
    { title: 'transpose', fn: (x) => ng.transpose(x!), inputs: [values([2, 3])] },
  ],
  powOp: [...binary(ng.pow, positive), { title: 'pow of negative numbers', fn: (x) => ng.pow(x!, 3), inputs: [values([2, 3])] }],
  reciprocalOp: unary(ng.reciprocal, positive([2, 3])),
  reluOp: unary(ng.relu),
  reshapeOp: [
    { title: 'reshape', fn: (x) => ng.reshape(x!, [3, -1]), inputs: [values([2, 3])] },
    { title: 'flatten', fn: (x) => ng.flatten(x!, { startDim: 1 }), inputs: [values([2, 3, 2])] },
    { title: 'squeeze', fn: (x) => ng.squeeze(x!, 1), inputs: [values([2, 1, 3])] },
    { title: 'unsqueeze', fn: (x) => ng.unsqueeze(x!, -1), inputs: [values([2, 3])] },
  ],
  rmsNormOp: [{ title: 'rmsNorm', fn: (x, weight) => ng.rmsNorm(x!, 4, { weight }), inputs: [values([3, 4]), values([4], 2)] }],
  rsqrtOp: unary(ng.rsqrt, positive([2, 3])),
  rstdOp: [{ title: 'rstd', fn: (variance) => ng.rstd(variance!, 0.5), inputs: [positive([2, 3])] }],
  sigmoidOp: unary(ng.sigmoid),
  sinOp: unary(ng.sin),
  softmaxOp: [0, 1].map((dim) => ({
    title: `softmax over ${dim}`,
    fn: (x) => ng.softmax(x!, { dim }),
    inputs: [values([3, 4])],
  })),
  softsignOp: unary(ng.softsign),
  sqrtOp: unary(ng.sqrt, positive([2, 3])),
  squareOp: unary(ng.square),
  subOp: [...binary(ng.sub), { title: 'sub from a number', fn: (x) => ng.sub(1.5, x!), inputs: [values([2, 2])] }],
  sumOp: [{ title: 'sum', fn: (x) => ng.sum(x!, { dim: 1, keepdim: true }), inputs: [values([2, 3, 2])] }],
  sumToOp: [{ title: 'sumTo', fn: (x) => ng.sumTo(x!, [3, 1]), inputs: [values([2, 3, 2])] }],
  tanhOp: unary(ng.tanh),
  whereOp: [{ title: 'where', fn: (a, b) => ng.where(condition, a!, b!), inputs: [values([2, 3]), values([3], 1)] }],
};
