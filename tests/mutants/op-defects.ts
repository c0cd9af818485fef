/** The defects of other ops: functions whose backward is that of another, or that forgets a part. */
import {
  add,
  amax,
  avgPool2d,
  batchRenorm,
  cast,
  chunk,
  conv2d,
  cumsum,
  div,
  dropout,
  embedding,
  eq,
  flip,
  Generator,
  gelu,
  ghostBatchNorm,
  layerNorm,
  linear,
  localResponseNorm,
  logSoftmax,
  logsumexp,
  maskedLayerNorm,
  matmul,
  maxPool2d,
  mean,
  mul,
  neg,
  pow,
  relu,
  roll,
  type Shape,
  scaledDotProductAttention,
  sigmoid,
  softmax,
  sqrt,
  square,
  sub,
  sum,
  switchableNorm,
  type Tensor,
  tanh,
  tensor,
  transpose,
  variance,
  weightNorm,
  zerosLike,
} from '@normgrad/autograd';
import { type Fn, type Mutant, normal, plant, type Rule } from './planted.ts';

interface Defect {
  readonly fn: Fn;
  /** Shapes of the inputs, by name. */
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly rules: Readonly<Record<string, Rule>>;
  readonly looks?: string;
  readonly options?: object;
}

const numbers = (...values: number[]): Tensor => tensor(values, { dtype: 'float64' });
const mask = tensor([
  [true, true, false, true],
  [true, false, false, true],
  [true, true, true, true],
]);
const words = tensor([1, 3, 1, 0], { dtype: 'int32' });
const sn: Fn = (x, a, b) => switchableNorm(x!, softmax(a!, { dim: 0 }), softmax(b!, { dim: 0 }), { training: true });
const renorm: Fn = (x) =>
  batchRenorm(x!, numbers(0.2, -0.1, 0.4), numbers(1.3, 0.8, 1), { training: true, momentum: 0, rMax: 1.2, dMax: 0.3 });
const drop: Fn = (x) => dropout(x!, { p: 0.3, generator: new Generator(7) });
const conv: Fn = (x, weight) => conv2d(x!, weight!, { padding: 1 });
const lrn: Fn = (x) => localResponseNorm(x!, 3, { alpha: 0.5 });
const attention: Fn = (q, k, v) => scaledDotProductAttention(q!, k!, v!);

/** c of an LSTM: gates i, f, g side by side in the columns of z. */
const lstm: Fn = (z, c) => {
  const [i, f, g] = chunk(z!, 3, { dim: 1 }) as [Tensor, Tensor, Tensor];
  return add(mul(sigmoid(f), c!), mul(sigmoid(i), tanh(g)));
};
const lstmMixedUp: Fn = (z, c) => {
  const [i, f, g] = chunk(z!, 3, { dim: 1 }) as [Tensor, Tensor, Tensor];
  return add(mul(sigmoid(i), c!), mul(sigmoid(f), tanh(g)));
};
const twoAxes = { a: [3, 4], b: [4, 4] } as const;
const image = [2, 2, 4, 2];

export const opDefects: Readonly<Record<string, Defect>> = {
  'softmax-no-sum': {
    inputs: { x: [3, 4] },
    fn: (x) => softmax(x!, { dim: 1 }),
    rules: { x: ({ output, dy }) => mul(output, dy) },
    looks: 'softmax without its sum',
  },
  'softmax-diagonal': {
    inputs: { x: [3, 4] },
    fn: (x) => softmax(x!, { dim: 1 }),
    rules: { x: ({ output, dy }) => mul(mul(output, sub(1, output)), dy) },
    looks: 'the diagonal of the Jacobian of softmax',
  },
  'softmax-wrong-axis': {
    inputs: { x: [3, 4] },
    fn: (x) => softmax(x!, { dim: 1 }),
    rules: { x: ({ output: y, dy }) => mul(y, sub(dy, sum(mul(y, dy), { dim: 0, keepdim: true }))) },
  },
  'log-softmax-no-sum': {
    inputs: { x: [3, 4] },
    fn: (x) => logSoftmax(x!, { dim: 1 }),
    rules: { x: ({ dy }) => dy },
    looks: 'the cotangent as it is',
  },
  'matmul-not-transposed': {
    inputs: twoAxes,
    fn: (a, b) => matmul(a!, b!),
    rules: { a: ({ inputs: [, b], dy }) => matmul(dy, b!) },
    looks: 'transposed',
  },
  'matmul-result-transposed': {
    inputs: { a: [3, 4], b: [4, 4] },
    fn: (a, b) => matmul(a!, b!),
    rules: { b: ({ right }) => transpose(right()) },
    looks: 'transposed',
  },
  'matmul-sign': {
    inputs: twoAxes,
    fn: (a, b) => matmul(a!, b!),
    rules: { b: ({ right }) => neg(right()) },
    looks: 'the sign is flipped',
  },
  'linear-weight-transposed': {
    inputs: { x: [5, 3], weight: [3, 3], bias: [3] },
    fn: (x, weight, bias) => linear(x!, weight!, bias),
    rules: { weight: ({ right }) => transpose(right()) },
    looks: 'transposed',
  },
  'linear-bias-mean': {
    inputs: { x: [5, 3], weight: [2, 3], bias: [2] },
    fn: (x, weight, bias) => linear(x!, weight!, bias),
    rules: { bias: ({ right }) => div(right(), 5) },
    looks: 'mean instead of sum (5 values',
  },
  'linear-bias-dropped': {
    inputs: { x: [5, 3], weight: [2, 3], bias: [2] },
    fn: (x, weight, bias) => linear(x!, weight!, bias),
    rules: { bias: ({ right }) => mul(right(), 0) },
    looks: 'no gradient',
  },
  'linear-bias-first-row': {
    inputs: { x: [5, 3], weight: [2, 3], bias: [2] },
    fn: (x, weight, bias) => linear(x!, weight!, bias),
    rules: { bias: ({ dy }) => sum(mul(dy, numbers(1, 0, 0, 0, 0).reshape([5, 1])), { dim: 0 }) },
  },
  'conv-kernel-flipped': {
    inputs: { x: image, weight: [3, 2, 3, 3] },
    fn: conv,
    rules: { weight: ({ right }) => flip(right(), [2, 3]) },
    looks: 'back to front along dim 2 and 3',
  },
  'conv-kernel-off-by-one': {
    inputs: { x: image, weight: [3, 2, 3, 3] },
    fn: conv,
    rules: { weight: ({ right }) => roll(right(), 1, { dims: 3 }) },
    looks: 'off by 1 along dim 3',
  },
  'conv-input-not-flipped': {
    inputs: { x: image, weight: [3, 2, 3, 3] },
    fn: conv,
    rules: { x: ({ pull }) => pull((x, weight) => conv2d(x!, flip(weight!, [2, 3]), { padding: 1 })) },
  },
  'conv-channels-exchanged': {
    inputs: { x: image, weight: [2, 2, 3, 3] },
    fn: conv,
    rules: { weight: ({ right }) => transpose(right(), 0, 1) },
    looks: 'dims 0 and 1 are exchanged',
  },
  'conv-kernel-by-one-sample': {
    inputs: { x: image, weight: [3, 2, 3, 3] },
    fn: conv,
    rules: { weight: ({ dy, pull }) => pull(conv, 1, mul(dy, numbers(1, 0).reshape([2, 1, 1, 1]))) },
  },
  'max-pool-averages': {
    inputs: { x: image },
    fn: (x) => maxPool2d(x!, 2),
    rules: { x: ({ pull }) => pull((x) => avgPool2d(x!, 2)) },
    looks: 'where the output does not depend on the input',
  },
  'avg-pool-sums': {
    inputs: { x: image },
    fn: (x) => avgPool2d(x!, 2),
    rules: { x: ({ right }) => mul(right(), 4) },
    looks: 'a constant factor of 4',
  },
  'amax-to-all': {
    inputs: { x: [3, 4] },
    fn: (x) => amax(x!, { dim: 1, keepdim: true }),
    rules: { x: ({ inputs: [x], dy }) => add(mul(dy, 0.25), mul(x!, 0)) },
    looks: 'where the output does not depend on the input',
  },
  'dropout-unscaled': {
    inputs: { x: [4, 5] },
    fn: drop,
    rules: { x: ({ right }) => mul(right(), 0.7) },
    looks: 'the factor 1 / (1 - p) is missing',
    options: { p: 0.3 },
  },
  'dropout-mask-forgotten': {
    inputs: { x: [4, 5] },
    fn: drop,
    rules: { x: ({ dy }) => div(dy, 0.7) },
    looks: 'where the output does not depend on the input',
  },
  'dropout-other-mask': {
    inputs: { x: [4, 5] },
    fn: drop,
    rules: { x: ({ pull }) => pull((x) => dropout(x!, { p: 0.3, generator: new Generator(8) })) },
    looks: 'where the output does not depend on the input',
  },
  'lstm-forget-gate': { inputs: { z: [3, 6], c: [3, 2] }, fn: lstm, rules: { z: ({ pull }) => pull(lstmMixedUp) } },
  'lstm-cell-gate': { inputs: { z: [3, 6], c: [3, 2] }, fn: lstm, rules: { c: ({ pull }) => pull(lstmMixedUp) } },
  'tanh-one-minus-y': {
    inputs: { x: [3, 4] },
    fn: (x) => tanh(x!),
    rules: { x: ({ output, dy }) => mul(dy, sub(1, output)) },
    looks: 'the cotangent times 1 - y',
  },
  'sigmoid-y': {
    inputs: { x: [3, 4] },
    fn: (x) => sigmoid(x!),
    rules: { x: ({ output, dy }) => mul(dy, output) },
    looks: 'the cotangent times y',
  },
  'relu-passes-all': {
    inputs: { x: [3, 4] },
    fn: (x) => relu(x!),
    rules: { x: ({ dy }) => dy },
    looks: 'the cotangent as it is',
  },
  'gelu-direct-path': {
    inputs: { x: [3, 4] },
    fn: (x) => gelu(x!),
    rules: { x: ({ pull }) => pull((x) => mul(x!, div(gelu(x!), x!).detach())) },
    looks: 'the direct path alone',
  },
  'lrn-diagonal-only': {
    inputs: { x: [2, 5, 3] },
    fn: lrn,
    rules: { x: ({ inputs: [x], output, dy }) => mul(dy, div(output, x!)) },
    looks: 'the direct path alone',
  },
  'lrn-window-off-by-one': {
    inputs: { x: [2, 5, 3] },
    fn: lrn,
    rules: { x: ({ pull }) => pull((x) => localResponseNorm(x!, 4, { alpha: (0.5 * 4) / 3 })) },
  },
  'wn-no-projection': {
    inputs: { v: [3, 4], g: [3, 1] },
    fn: (v, g) => weightNorm(v!, g!),
    rules: { v: ({ inputs: [v, g], dy }) => mul(dy, div(g!, sqrt(sum(square(v!), { dim: 1, keepdim: true })))) },
    looks: 'the part along the input itself is not taken out',
  },
  'wn-one-norm': {
    inputs: { v: [3, 4], g: [3, 1] },
    fn: (v, g) => weightNorm(v!, g!),
    rules: { v: ({ pull }) => pull((v, g) => mul(div(v!, sqrt(sum(square(v!)))), g!)) },
  },
  'sn-softmax-jacobian': {
    inputs: { x: [2, 3, 4], mixture: [3], varMixture: [3] },
    fn: sn,
    rules: {
      mixture: ({ inputs: [x, a, b], dy, pull }) =>
        // with the weights of the softmax in place of what they are of
        add(
          mul(a!, 0),
          pull(
            (_x, p) =>
              switchableNorm(x!, add(softmax(a!, { dim: 0 }).detach(), sub(p!, p!.detach())), softmax(b!, { dim: 0 }), {
                training: true,
              }),
            1,
            dy,
          ),
        ),
    },
    looks: 'the Jacobian of softmax is missing',
  },
  'sn-ln-var-no-mean': {
    inputs: { x: [2, 3, 4], mixture: [3], varMixture: [3] },
    fn: sn,
    rules: {
      x: ({ pull }) =>
        pull((x, a, b) => {
          const inner = variance(x!, { dim: 2, keepdim: true, correction: 0 });
          const spread = mean(inner, { dim: [1, 2], keepdim: true });
          const [shares, varShares] = [softmax(a!, { dim: 0 }), softmax(b!, { dim: 0 })];
          const part = (w: Tensor, k: number): Tensor => sum(mul(w, numbers(...[0, 1, 2].map((i) => (i === k ? 1 : 0)))));
          const means = [2, [1, 2], [0, 2]].map((dim) => mean(x!, { dim, keepdim: true }));
          const variances = [inner, spread, variance(x!, { dim: [0, 2], keepdim: true, correction: 0 })];
          const mix = (w: Tensor, list: Tensor[]): Tensor => list.map((t, k) => mul(t, part(w, k))).reduce((p, q) => add(p, q));
          return div(sub(x!, mix(shares, means)), sqrt(add(mix(varShares, variances), 1e-5)));
        }),
    },
  },
  'mask-ignored-in-the-mean': {
    inputs: { x: [3, 4, 2] },
    fn: (x) => maskedLayerNorm(x!, mask, 2),
    rules: { x: ({ pull }) => pull((x) => layerNorm(x!, 2)) },
    looks: 'where the output does not depend on the input',
  },
  'masked-mean-over-all': {
    inputs: { x: [3, 4] },
    fn: (x) => div(sum(mul(x!, cast(mask, 'float64')), { dim: 1 }), sum(cast(mask, 'float64'), { dim: 1 })),
    rules: { x: ({ pull }) => pull((x) => div(sum(mul(x!, cast(mask, 'float64')), { dim: 1 }), 4)) },
  },
  'renorm-correction-not-constant': {
    inputs: { x: [4, 3] },
    fn: renorm,
    rules: { x: ({ dy, inputs: [x] }) => div(add(dy, mul(x!, 0)), numbers(1.3, 0.8, 1)) },
  },
  'ghost-over-the-whole-batch': {
    inputs: { x: [6, 2] },
    fn: (x) => ghostBatchNorm(x!, 3, { training: true }),
    rules: { x: ({ pull }) => pull((x) => ghostBatchNorm(x!, 6, { training: true })) },
  },
  'embedding-overwrites': {
    inputs: { weight: [4, 3] },
    fn: (weight) => embedding(words, weight!),
    rules: {
      weight: ({ pull, dy }) => pull((weight) => embedding(words, weight!), 0, mul(dy, numbers(0, 1, 1, 1).reshape([4, 1]))),
    },
    looks: 'wrong at index 1 of dim 0 alone',
  },
  'cumsum-not-reversed': {
    inputs: { x: [2, 5] },
    fn: (x) => cumsum(x!, { dim: 1 }),
    rules: { x: ({ dy }) => cumsum(dy, { dim: 1 }) },
  },
  'attention-scale-forgotten': {
    inputs: { query: [1, 1, 3, 4], key: [1, 1, 5, 4], value: [1, 1, 5, 2] },
    fn: attention,
    rules: { key: ({ right }) => mul(right(), 2) },
    looks: 'twice what it should be',
  },
  'logsumexp-no-max': {
    inputs: { x: [3, 4] },
    fn: (x) => logsumexp(x!, { dim: 1, keepdim: true }),
    rules: { x: ({ inputs: [x], dy }) => mul(dy, cast(eq(x!, amax(x!, { dim: 1, keepdim: true })), 'float64')) },
    looks: 'no gradient in 9 of 12 elements',
  },
  'pow-exponent': {
    inputs: { x: [3, 4] },
    fn: (x) => pow(x!, 3),
    rules: { x: ({ inputs: [x], dy }) => mul(dy, square(x!)) },
    looks: 'divided by 3',
  },
  'variance-unbiased': {
    inputs: { x: [3, 4] },
    fn: (x) => variance(x!, { dim: 1, correction: 0 }),
    rules: { x: ({ right }) => mul(right(), 4 / 3) },
    looks: 'n - 1 in place of n',
  },
  'square-half': {
    inputs: { x: [3, 4] },
    fn: (x) => square(x!),
    rules: { x: ({ inputs: [x], dy }) => mul(dy, x!) },
    looks: 'half of what it should be',
  },
  'div-sign': {
    inputs: { a: [3, 4], b: [3, 4] },
    fn: (a, b) => div(a!, add(3, square(b!))),
    rules: { b: ({ right }) => neg(right()) },
    looks: 'the sign is flipped',
  },
  'mul-own-factor': {
    inputs: { a: [3, 4], b: [4] },
    fn: (a, b) => mul(a!, b!),
    rules: { a: ({ dy }) => dy },
    looks: 'the cotangent as it is',
  },
  'mul-factor-twice': {
    inputs: { a: [3, 4], b: [4] },
    fn: (a, b) => mul(a!, b!),
    rules: { a: ({ inputs: [, b], dy }) => mul(mul(dy, b!), b!) },
    looks: 'multiplied by b once too often',
  },
  'residual-path-dropped': {
    inputs: { x: [3, 4] },
    fn: (x) => add(x!, tanh(x!)),
    rules: { x: ({ pull }) => pull((x) => add(x!.detach(), tanh(x!))) },
    looks: 'the path straight through is missing',
  },
  'constant-path-dropped': {
    inputs: { x: [3, 4] },
    fn: (x) => sub(x!, mean(x!)),
    rules: { x: ({ dy }) => dy },
    looks: 'the term of the mean is missing',
  },
  'gradient-zero': {
    inputs: { x: [3, 4] },
    fn: (x) => tanh(x!),
    rules: { x: ({ inputs: [x] }) => zerosLike(x!) },
    looks: 'no gradient',
  },
};

export function opMutants(): Mutant[] {
  return Object.entries(opDefects).map(([defect, { fn, inputs, rules, looks, options }]) => ({
    defect,
    where: Object.values(inputs)
      .map((shape) => `[${shape}]`)
      .join(', '),
    names: Object.keys(inputs),
    inputs: Object.values(inputs).map((shape, i) => normal(shape, 0.9, 5 + i)),
    right: fn,
    planted: plant(fn, Object.keys(inputs), rules, options),
    wrong: Object.keys(rules),
    order: 1,
    seenAt: 1,
    looks,
  }));
}
