/** Norms that are right, at random points far from the usual ones: scales from 1e-4 to 1e5, means up to 1e6 spreads away, eps of none. */
import {
  batchNorm,
  batchRenorm,
  Generator,
  ge,
  ghostBatchNorm,
  groupNorm,
  instanceNorm,
  layerNorm,
  localResponseNorm,
  maskedBatchNorm,
  maskedLayerNorm,
  rand,
  rmsNorm,
  type Shape,
  softmax,
  switchableNorm,
  type Tensor,
  tensor,
  weightNorm,
} from '@normgrad/autograd';
import { gradcheck } from '@normgrad/gradcheck';

/** What a norm is drawn with: x, and weight and bias of one size for each channel (dim 1). */
interface Draw {
  readonly x: Tensor;
  readonly affine: (size: number) => { readonly weight: Tensor; readonly bias: Tensor };
  readonly eps: number;
  readonly scale: number;
  readonly mean: number;
  readonly generator: Generator;
}
type Inputs = Readonly<Record<string, Tensor>>;
interface Case {
  readonly inputs: Inputs;
  readonly fn: (inputs: Inputs) => Tensor;
}

const numbers = (size: number, value: (i: number) => number, shape: Shape = [size]): Tensor =>
  tensor(
    Float64Array.from({ length: size }, (_, i) => value(i)),
    { shape },
  );
const channelsOf = ({ shape }: Tensor): number => shape[1]!;

/** Each with the least number of dimensions of its x. */
const norms: Readonly<Record<string, readonly [rank: number, draw: (drawn: Draw) => Case]>> = {
  batchNorm: [
    2,
    ({ x, affine, eps }) => ({
      inputs: { x, ...affine(channelsOf(x)) },
      fn: ({ x, weight, bias }) => batchNorm(x!, { weight, bias, eps, training: true }),
    }),
  ],
  evalNorm: [
    2,
    ({ x, affine, eps, scale, mean }) => {
      const runningMean = numbers(channelsOf(x), (c) => scale * (mean + 0.3 * c));
      const runningVar = numbers(channelsOf(x), (c) => scale ** 2 * (0.5 + c));
      return {
        inputs: { x, ...affine(channelsOf(x)) },
        fn: ({ x, weight, bias }) => batchNorm(x!, { weight, bias, eps, runningMean, runningVar }),
      };
    },
  ],
  layerNorm: [
    1,
    ({ x, affine, eps }) => ({
      inputs: { x, ...affine(x.shape.at(-1)!) },
      fn: ({ x, weight, bias }) => layerNorm(x!, weight!.size, { weight, bias, eps }),
    }),
  ],
  rmsNorm: [
    1,
    ({ x, affine, eps }) => ({
      inputs: { x, weight: affine(x.shape.at(-1)!).weight },
      fn: ({ x, weight }) => rmsNorm(x!, weight!.size, { weight, eps }),
    }),
  ],
  groupNorm: [
    2,
    ({ x, affine, eps, generator }) => {
      const groups = [1, 2, 3].filter((count) => channelsOf(x) % count === 0 && x.size / x.shape[0]! / count > 1);
      const count = groups[generator.integer(groups.length)]!;
      return {
        inputs: { x, ...affine(channelsOf(x)) },
        fn: ({ x, weight, bias }) => groupNorm(x!, count, { weight, bias, eps }),
      };
    },
  ],
  instanceNorm: [
    3,
    ({ x, affine, eps }) => ({
      inputs: { x, ...affine(channelsOf(x)) },
      fn: ({ x, weight, bias }) => instanceNorm(x!, { weight, bias, eps }),
    }),
  ],
  switchableNorm: [
    3,
    ({ x, affine, eps, generator }) => ({
      inputs: {
        x,
        ...affine(channelsOf(x)),
        mix: numbers(3, () => generator.normal()),
        varMix: numbers(3, () => generator.normal()),
      },
      fn: ({ x, weight, bias, mix, varMix }) =>
        switchableNorm(x!, softmax(mix!, { dim: 0 }), softmax(varMix!, { dim: 0 }), { weight, bias, eps, training: true }),
    }),
  ],
  localResponseNorm: [
    3,
    ({ x, generator }) => {
      const size = 1 + generator.integer(4);
      return { inputs: { x }, fn: ({ x }) => localResponseNorm(x!, size, { alpha: 0.4 }) };
    },
  ],
  weightNorm: [
    2,
    ({ x }) => ({
      inputs: { x, g: numbers(x.shape[0]!, (i) => 1.5 - 0.4 * i, [x.shape[0]!, ...x.shape.slice(1).map(() => 1)]) },
      fn: ({ x, g }) => weightNorm(x!, g!),
    }),
  ],
  maskedLayerNorm: [
    2,
    ({ x, affine, eps, generator }) => {
      const mask = ge(rand(x.shape.slice(0, -1), { generator }), 0.4);
      return {
        inputs: { x, ...affine(x.shape.at(-1)!) },
        fn: ({ x, weight, bias }) => maskedLayerNorm(x!, mask, weight!.size, { weight, bias, eps }),
      };
    },
  ],
  maskedBatchNorm: [
    3,
    ({ x, affine, eps, generator }) => {
      const [n = 1, , ...space] = x.shape;
      const lengths = tensor(
        Array.from({ length: n }, (_, i) => (i === 0 ? 2 : 1 + generator.integer(2))).map((l) => Math.min(l, space[0]!)),
        { dtype: 'int32' },
      );
      return {
        inputs: { x, ...affine(channelsOf(x)) },
        fn: ({ x, weight, bias }) => maskedBatchNorm(x!, lengths, { weight, bias, eps, training: true }),
      };
    },
  ],
  batchRenorm: [
    2,
    ({ x, affine, eps, scale, mean }) => {
      const runningMean = numbers(channelsOf(x), (c) => scale * (mean + 0.2 * c));
      const runningStd = numbers(channelsOf(x), (c) => scale * (0.8 + 0.3 * c));
      const rMax = 1.5;
      return {
        inputs: { x, ...affine(channelsOf(x)) },
        fn: ({ x, weight, bias }) => batchRenorm(x!, runningMean, runningStd, { weight, bias, eps, rMax, dMax: 2, momentum: 0 }),
      };
    },
  ],
  ghostBatchNorm: [
    2,
    ({ x, affine, eps }) => ({
      inputs: { x, ...affine(channelsOf(x)) },
      fn: ({ x, weight, bias }) => ghostBatchNorm(x!, x!.shape[0]!, { weight, bias, eps, training: true }),
    }),
  ],
};
export const rightNorms = Object.keys(norms);

const sizes = [1, 1, 2, 2, 3, 4, 6];
const from = <T>(list: readonly T[], generator: Generator): T => list[generator.integer(list.length)]!;

/** Checks the norm at the point that a seed says. */
export function checkRight(norm: string, seed: number): { title: string; verdict: string; text: string } {
  const generator = new Generator(seed);
  const [rank, draw] = norms[norm]!;
  let shape: number[];
  do {
    shape = Array.from({ length: rank + generator.integer(2) }, () => from(sizes, generator));
  } while (shape.reduce((size, n) => size * n, 1) > 36 || isRefused(norm, shape));
  const scale = 10 ** (9 * generator.uniform() - 4);
  const mean = from([0, 0.4, -1, 30, 1e3, 1e4, 1e6], generator);
  const eps = from([1e-5, 0.5, 0], generator);
  const size = shape.reduce((product, n) => product * n, 1);
  const { inputs, fn } = draw({
    x: numbers(size, () => scale * (mean + generator.normal()), shape),
    affine: (count) => ({
      weight: numbers(count, (i) => (i % 2 === 0 ? 1.5 : -0.7) + 0.1 * generator.normal()),
      bias: numbers(count, () => generator.normal()),
    }),
    eps,
    scale,
    mean,
    generator,
  });
  const names = Object.keys(inputs);
  const report = gradcheck((...tensors) => fn(Object.fromEntries(tensors.map((x, i) => [names[i], x]))), Object.values(inputs), {
    names,
    seed,
    everyElement: 6,
    order: seed % 8 === 0 ? 2 : 1,
  });
  const title = `${norm} [${shape}], seed ${seed}: scale ${scale.toExponential(1)}, mean of ${mean} spreads, eps ${eps}`;
  return { title, verdict: report.verdict, text: String(report) };
}

/** Statistics of one value are an error in training. */
function isRefused(norm: string, [n = 1, c = 1, ...space]: readonly number[]): boolean {
  const inChannel = space.reduce((size, s) => size * s, n);
  if (norm === 'instanceNorm' || norm === 'switchableNorm') return inChannel / n < 2;
  if (norm === 'groupNorm') return (inChannel / n) * c < 2;
  if (norm === 'maskedBatchNorm') return (space[0] ?? 1) < 2;
  return ['batchNorm', 'ghostBatchNorm'].includes(norm) && inChannel < 2;
}
