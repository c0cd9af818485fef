/** Norms with a planted defect in their backward: gradcheck has to find each, and to name the input whose gradient is wrong. */
import {
  add,
  defineOp,
  Generator,
  mean,
  mul,
  noGrad,
  reshape,
  rsqrt,
  type Shape,
  square,
  sub,
  sumTo,
  type Tensor,
  tensor,
} from '@normgrad/autograd';
import { type GradcheckReport, gradcheck } from '@normgrad/gradcheck';
import { describe, expect, it } from 'vitest';

/** Which elements form a group, and which share a weight. */
interface Layout {
  /** x with the dimensions `dims` spanning a group. */
  readonly view: Shape;
  readonly dims: readonly number[];
  /** x as the shape to which weight and bias broadcast once they have the shape `parameter`. */
  readonly affine: Shape;
  readonly parameter: Shape;
}

const sizeOf = (shape: Shape): number => shape.reduce((size, n) => size * n, 1);

function channels([n = 1, c = 1, ...space]: Shape): Pick<Layout, 'affine' | 'parameter'> {
  return { affine: [n, c, sizeOf(space)], parameter: [c, 1] };
}

const layouts = {
  batchNorm: (shape: Shape): Layout => ({ view: channels(shape).affine, dims: [0, 2], ...channels(shape) }),
  layerNorm: (shape: Shape): Layout => {
    const rows = [sizeOf(shape.slice(0, -1)), shape.at(-1)!];
    return { view: rows, dims: [1], affine: rows, parameter: [shape.at(-1)!] };
  },
  groupNorm: (shape: Shape): Layout => ({ view: [shape[0]! * 2, sizeOf(shape.slice(1)) / 2], dims: [1], ...channels(shape) }),
  instanceNorm: (shape: Shape): Layout => ({
    view: [shape[0]! * shape[1]!, sizeOf(shape.slice(2))],
    dims: [1],
    ...channels(shape),
  }),
};
type Norm = keyof typeof layouts;

/** What a rule for dx is made of, all of the shape `view` or broadcasting to it. */
interface Parts {
  /** The cotangent of xhat. */
  readonly g: Tensor;
  readonly r: Tensor;
  readonly xhat: Tensor;
  /** The mean over a group, repeated by broadcasting. */
  average(x: Tensor): Tensor;
}

/** A backward: right, but for what `defect` replaces. */
interface Defect {
  readonly dx?: (parts: Parts, n: number) => Tensor;
  /** 1 / standard deviation, as backward recomputes it. */
  readonly rstd?: (variance: Tensor, eps: number) => Tensor;
  /** The input whose gradient is wrong, at which order. */
  readonly wrong: { readonly input: string; readonly order: number };
}

const rightDx = ({ g, r, xhat, average }: Parts): Tensor => mul(r, sub(sub(g, average(g)), mul(xhat, average(mul(g, xhat)))));
const rightRstd = (variance: Tensor, eps: number): Tensor => rsqrt(add(variance, eps));

const defects: Readonly<Record<string, Defect>> = {
  'drop-mean-term': {
    dx: ({ g, r, xhat, average }) => mul(r, sub(g, mul(xhat, average(mul(g, xhat))))),
    wrong: { input: 'x', order: 1 },
  },
  'drop-xhat-term': { dx: ({ g, r, average }) => mul(r, sub(g, average(g))), wrong: { input: 'x', order: 1 } },
  'stats-constant': { dx: ({ g, r }) => mul(r, g), wrong: { input: 'x', order: 1 } },
  'drop-eps': { rstd: (variance) => rsqrt(variance), wrong: { input: 'x', order: 1 } },
  'n-minus-1-both': {
    dx: ({ g, r, xhat, average }, n) => {
      const off = n / (n - 1);
      return mul(r, sub(sub(g, mul(average(g), off)), mul(xhat, mul(average(mul(g, xhat)), off))));
    },
    wrong: { input: 'x', order: 1 },
  },
  'dd-xhat-constant': { dx: (parts) => rightDx({ ...parts, xhat: parts.xhat.detach() }), wrong: { input: 'x', order: 2 } },
};

interface Options {
  readonly norm: Norm;
  readonly eps: number;
  readonly defect: Defect | undefined;
}

function normalized(x: Tensor, { view, dims, affine }: Layout, rstdOf: (variance: Tensor) => Tensor) {
  const average = (t: Tensor): Tensor => mean(t, { dim: dims, keepdim: true });
  const values = reshape(x, view);
  const difference = sub(values, average(values));
  const r = rstdOf(average(square(difference)));
  const xhat = mul(difference, r);
  return { r, xhat, average, wide: reshape(xhat, affine) };
}

/** A norm as a user of the library would write one, its backward composed of ops. */
const plantedOp = defineOp({
  name: 'planted',
  inputs: ['x', 'weight', 'bias'],
  outputs: ['y'],
  infer: ([x]) => [x],
  forward([x, weight, bias], [y], { norm, eps }: Options) {
    const layout = layouts[norm](x.shape);
    noGrad(() => {
      const { wide } = normalized(x, layout, (variance) => rightRstd(variance, eps));
      y.assign(add(mul(wide, reshape(weight, layout.parameter)), reshape(bias, layout.parameter)));
    });
  },
  backward({ inputs: [x, weight] }, [dy], { norm, eps, defect }) {
    const layout = layouts[norm](x.shape);
    const { view, dims, affine, parameter } = layout;
    const rstd = defect?.rstd ?? rightRstd;
    const { r, xhat, average, wide } = normalized(x, layout, (variance) => rstd(variance, eps));
    const upstream = reshape(dy, affine);
    const g = reshape(mul(upstream, reshape(weight, parameter)), view);
    const n = dims.reduce((count, dim) => count * view[dim]!, 1);
    const summed = (t: Tensor): Tensor => reshape(sumTo(t, parameter), weight.shape);
    return {
      x: () => reshape((defect?.dx ?? rightDx)({ g, r, xhat, average }, n), x.shape),
      weight: () => summed(mul(upstream, wide)),
      bias: () => summed(upstream),
    };
  },
});

interface Sample {
  readonly norm: Norm;
  readonly shape: Shape;
  readonly spread: number;
}

// Unit scale hides a dropped eps from loose tolerances, 1200 values a wrong divisor; two values a group leave next to no gradient; at a
// spread of 1e-3 eps decides.
const samples: readonly Sample[] = [
  { norm: 'batchNorm', shape: [2, 3, 4], spread: 1.3 },
  { norm: 'batchNorm', shape: [6, 3], spread: 1.3 },
  { norm: 'batchNorm', shape: [2, 3], spread: 1.3 },
  { norm: 'batchNorm', shape: [1, 3, 5], spread: 1.3 },
  { norm: 'batchNorm', shape: [3, 2, 3], spread: 1e-3 },
  { norm: 'batchNorm', shape: [1200, 1], spread: 1.3 },
  { norm: 'layerNorm', shape: [3, 5], spread: 1.3 },
  { norm: 'layerNorm', shape: [1, 5], spread: 1.3 },
  { norm: 'layerNorm', shape: [2, 3, 4], spread: 1.3 },
  { norm: 'layerNorm', shape: [3, 5], spread: 1e-3 },
  { norm: 'layerNorm', shape: [1, 1200], spread: 1.3 },
  { norm: 'groupNorm', shape: [2, 6, 3], spread: 1.3 },
  { norm: 'groupNorm', shape: [2, 4, 1], spread: 1.3 },
  { norm: 'groupNorm', shape: [1, 6, 2], spread: 1e-3 },
  { norm: 'instanceNorm', shape: [2, 3, 4], spread: 1.3 },
  { norm: 'instanceNorm', shape: [1, 3, 5], spread: 1.3 },
  { norm: 'instanceNorm', shape: [3, 2, 3], spread: 1e-3 },
];

function check({ norm, shape, spread }: Sample, defect: Defect | undefined, order: number): GradcheckReport {
  const generator = new Generator(5);
  const normal = (size: number, scale: number): Float64Array =>
    Float64Array.from({ length: size }, () => scale * (0.4 + generator.normal()));
  const size = shape[norm === 'layerNorm' ? shape.length - 1 : 1]!;
  const x = tensor(normal(sizeOf(shape), spread), { shape });
  // Of both signs, never 1: a weight of 1 hides its own absence.
  const weight = tensor(Float64Array.from({ length: size }, (_, i) => (i % 2 === 0 ? 1.5 : -0.7) + 0.1 * (i % 4)));
  const bias = tensor(normal(size, 1));
  return gradcheck((...[a, w, b]) => plantedOp.run([a!, w!, b!], { norm, eps: 1e-5, defect })[0], [x, weight, bias], {
    order,
    names: ['x', 'weight', 'bias'],
  });
}

const title = ({ norm, shape, spread }: Sample): string => `${norm} [${shape}], spread ${spread}`;

describe.each(Object.entries(defects))('%s', (_, defect) => {
  it.each(samples.map((sample) => [title(sample), sample] as const))('is found in %s', (_, sample) => {
    const report = check(sample, defect, defect.wrong.order);
    expect(report.verdict, String(report)).toBe('failed');
    const { order, name } = report.inputs.find(({ verdict }) => verdict === 'failed')!;
    expect({ order, input: name }).toEqual(defect.wrong);
  });
});

describe('without a defect', () => {
  it.each(samples.map((sample) => [title(sample), sample] as const))('passes in %s', (_, sample) => {
    const report = check(sample, undefined, 2);
    expect(report.verdict, String(report)).toBe('passed');
  });
});
