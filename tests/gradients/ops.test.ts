/** Every other differentiable op against numeric differences, at orders 1 and 2. */
import * as autograd from '@normgrad/autograd';
import {
  abs,
  add,
  cast,
  center,
  cos,
  crossEntropy,
  div,
  exp,
  expand,
  flatten,
  Generator,
  grad,
  gt,
  linear,
  log,
  logSoftmax,
  matmul,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  permute,
  pow,
  reciprocal,
  relu,
  reshape,
  rsqrt,
  rstd,
  type Shape,
  sigmoid,
  sin,
  softmax,
  softsign,
  sqrt,
  square,
  squeeze,
  sub,
  sum,
  sumTo,
  type Tensor,
  tanh,
  tensor,
  transpose,
  uniform,
  unsqueeze,
  where,
} from '@normgrad/autograd';
import { assertGradients, type TensorFunction } from '@normgrad/gradcheck';
import { describe, expect, it } from 'vitest';
import { outputsOf } from './derivatives.ts';

const generator = new Generator(17);
const between = (shape: Shape, low: number, high: number): Tensor => uniform(shape, low, high, { dtype: 'float64', generator });

const any = (...shape: number[]): Tensor => between(shape, -2, 2);
const positive = (...shape: number[]): Tensor => between(shape, 0.3, 2);
const small = (...shape: number[]): Tensor => between(shape, -0.1, 0.1);
/** At least 0.3 from 0, of both signs. */
const away = (...shape: number[]): Tensor => where(gt(any(...shape), 0), positive(...shape), neg(positive(...shape)));

const target = tensor([2, 0, 1, 2], { dtype: 'int32' });
const some = gt(any(2, 3), 0);

const cases: Readonly<Record<string, { fn: TensorFunction; inputs: readonly Tensor[] }>> = {
  neg: { fn: neg, inputs: [any(2, 3)] },
  exp: { fn: exp, inputs: [any(2, 3)] },
  log: { fn: log, inputs: [positive(2, 3)] },
  sqrt: { fn: sqrt, inputs: [positive(2, 3)] },
  rsqrt: { fn: rsqrt, inputs: [positive(2, 3)] },
  reciprocal: { fn: reciprocal, inputs: [away(2, 3)] },
  square: { fn: square, inputs: [any(2, 3)] },
  abs: { fn: abs, inputs: [away(2, 3)] },
  tanh: { fn: tanh, inputs: [any(2, 3)] },
  sigmoid: { fn: sigmoid, inputs: [any(2, 3)] },
  softsign: { fn: softsign, inputs: [away(2, 3)] },
  relu: { fn: relu, inputs: [away(2, 3)] },
  sin: { fn: sin, inputs: [any(2, 3)] },
  cos: { fn: cos, inputs: [any(2, 3)] },
  rstd: { fn: (variance) => rstd(variance, 0.1), inputs: [positive(2, 1)] },

  add: { fn: add, inputs: [any(2, 3), any(2, 3)] },
  'add, broadcast both ways': { fn: add, inputs: [any(2, 1, 3), any(4, 1)] },
  sub: { fn: sub, inputs: [any(2, 1), any(3)] },
  'sub from a number': { fn: (x) => sub(1.5, x), inputs: [any(2, 2)] },
  mul: { fn: mul, inputs: [any(2, 3), any(1, 3)] },
  'mul with itself': { fn: (x) => mul(x, x), inputs: [any(3)] },
  div: { fn: div, inputs: [any(2, 3), away(3)] },
  'div of a number': { fn: (x) => div(2, x), inputs: [away(2, 1)] },
  pow: { fn: pow, inputs: [positive(2, 3), any(3)] },
  'pow to a number': { fn: (x) => pow(x, 3), inputs: [away(2, 3)] },
  maximum: { fn: maximum, inputs: [away(2, 3), small(3)] },
  minimum: { fn: minimum, inputs: [small(2, 1), away(3)] },
  where: { fn: (a, b) => where(some, a, b), inputs: [any(2, 3), any(3)] },
  center: { fn: center, inputs: [any(2, 3), any(2, 1)] },

  sum: { fn: (x) => sum(x), inputs: [any(2, 3)] },
  'sum over some': { fn: (x) => sum(x, { dim: [0, 2] }), inputs: [any(2, 3, 2)] },
  'sum, dimension kept': { fn: (x) => sum(x, { dim: -1, keepdim: true }), inputs: [any(2, 3)] },
  mean: { fn: (x) => mean(x), inputs: [any(2, 3)] },
  'mean over one': { fn: (x) => mean(x, { dim: 1 }), inputs: [any(2, 3, 1)] },
  sumTo: { fn: (x) => sumTo(x, [3, 1]), inputs: [any(2, 3, 2)] },

  reshape: { fn: (x) => reshape(x, [3, 2]), inputs: [any(2, 3)] },
  flatten: { fn: (x) => flatten(x, { startDim: 1 }), inputs: [any(2, 3, 2)] },
  transpose: { fn: (x) => transpose(x), inputs: [any(2, 3)] },
  permute: { fn: (x) => permute(x, [2, 0, 1]), inputs: [any(2, 3, 1)] },
  expand: { fn: (x) => expand(x, [2, 3, 4]), inputs: [any(3, 1)] },
  squeeze: { fn: (x) => squeeze(x, 1), inputs: [any(2, 1, 3)] },
  unsqueeze: { fn: (x) => unsqueeze(x, -1), inputs: [any(2, 3)] },

  matmul: { fn: (a, b) => matmul(a, b), inputs: [any(2, 3), any(3, 4)] },
  'matmul of transposed': { fn: (a, b) => matmul(a, b, { transposeA: true, transposeB: true }), inputs: [any(3, 2), any(4, 3)] },
  'matmul of batches': { fn: (a, b) => matmul(a, b), inputs: [any(2, 1, 2, 3), any(3, 3, 1)] },
  linear: { fn: linear, inputs: [any(4, 3), any(2, 3), any(2)] },
  'linear without bias': { fn: (x, weight) => linear(x, weight), inputs: [any(2, 2, 3), any(1, 3)] },

  softmax: { fn: (x) => softmax(x, { dim: -1 }), inputs: [any(2, 4)] },
  'softmax over the first': { fn: (x) => softmax(x, { dim: 0 }), inputs: [any(3, 2)] },
  logSoftmax: { fn: (x) => logSoftmax(x, { dim: 1 }), inputs: [any(2, 3, 2)] },
  crossEntropy: { fn: (logits) => crossEntropy(logits, target), inputs: [any(4, 3)] },
  'crossEntropy, summed': { fn: (logits) => crossEntropy(logits, target, { reduction: 'sum' }), inputs: [any(4, 3)] },
  'crossEntropy of each': { fn: (logits) => crossEntropy(logits, target, { reduction: 'none' }), inputs: [any(4, 3)] },
};

describe('numeric differences', () => {
  it.each(Object.entries(cases))('%s', (_, { fn, inputs }) => {
    assertGradients(fn, inputs, { order: 2 });
  });
});

/** Names of the ops that computed `x`. */
function opsBehind(x: Tensor, names = new Set<string>()): Set<string> {
  if (x.node === null) return names;
  names.add(x.node.op.name);
  for (const input of x.node.inputs) if (input) opsBehind(input, names);
  return names;
}

it('cast: the gradient takes the way back', () => {
  const x = tensor([1.5, -2], { requiresGrad: true });
  const gradOutputs = [tensor([0.1, 3], { dtype: 'float64' })];
  const [dx] = grad(cast(x, 'float64'), [x], { gradOutputs });
  expect(dx!.dtype).toBe('float32');
  expect([...dx!.toTypedArray()]).toEqual([Math.fround(0.1), 3]);
});

it('leaves out no exported op', () => {
  const checked = new Set<string>();
  for (const { fn, inputs } of Object.values(cases)) {
    const leaves = inputs.map((x) => x.detach().requiresGrad_());
    for (const output of outputsOf(fn(...leaves))) opsBehind(output, checked);
  }
  const norms = ['batchNorm', 'groupNorm', 'instanceNorm', 'layerNorm', 'moments', 'normalizeWith', 'rmsNorm'];
  const withoutDerivative = ['argmax', 'eq', 'ge', 'gt', 'le', 'lt', 'ne'];
  const elsewhere = new Set([...norms, ...withoutDerivative, 'cast']);
  const exported = Object.entries(autograd).flatMap(([key, op]) =>
    key.endsWith('Op') && typeof op === 'object' && 'name' in op ? [op.name] : [],
  );
  expect(exported.filter((name) => !checked.has(name) && !elsewhere.has(name))).toEqual([]);
});
