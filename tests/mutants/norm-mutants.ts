/** Norms with a planted defect in their backward: gradcheck has to find each, and to name the inputs whose gradients are wrong, and no others. */
import {
  add,
  defineOp,
  div,
  Generator,
  mean,
  mul,
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

/** What the rules of a backward are made of. */
interface Parts {
  /** The cotangent of y, and xhat, as they meet weight and bias. */
  readonly dy: Tensor;
  readonly wide: Tensor;
  /** The cotangent of xhat; it and the following broadcast to x by groups. */
  readonly g: Tensor;
  readonly r: Tensor;
  readonly xhat: Tensor;
  /** Values in a group, and values that share a weight. */
  readonly n: number;
  readonly shared: number;
  average(x: Tensor): Tensor;
}
type Rule = (parts: Parts) => Tensor;

/** A backward: right, but for what is replaced. */
interface Defect {
  readonly dx?: Rule;
  /** The gradients of weight and bias, before they are summed over what shares them. */
  readonly dweight?: Rule;
  readonly dbias?: Rule;
  /** 1 / standard deviation, as backward recomputes it. */
  readonly rstd?: (variance: Tensor, eps: number, n: number) => Tensor;
  /** The inputs whose gradients are wrong: these and no others. */
  readonly wrong: readonly string[];
  /** The lowest order at which they are. */
  readonly order?: number;
  /** Whether it fades as groups grow. */
  readonly fades?: boolean;
  /** Where it makes no difference. */
  readonly hidden?: (sample: Sample) => boolean;
}

const right = {
  dx: ({ g, r, xhat, average }: Parts): Tensor => mul(r, sub(sub(g, average(g)), mul(xhat, average(mul(g, xhat))))),
  dweight: ({ dy, wide }: Parts): Tensor => mul(dy, wide),
  dbias: ({ dy }: Parts): Tensor => dy,
  rstd: (variance: Tensor, eps: number): Tensor => rsqrt(add(variance, eps)),
};

const defects: Readonly<Record<string, Defect>> = {
  'drop-mean-term': { wrong: ['x'], dx: ({ g, r, xhat, average }) => mul(r, sub(g, mul(xhat, average(mul(g, xhat))))) },
  'drop-xhat-term': { wrong: ['x'], dx: ({ g, r, average }) => mul(r, sub(g, average(g))) },
  'stats-constant': { wrong: ['x'], dx: ({ g, r }) => mul(r, g) },
  'n-minus-1-both': {
    wrong: ['x'],
    fades: true,
    dx: (parts) => right.dx({ ...parts, average: (t) => mul(parts.average(t), parts.n / (parts.n - 1)) }),
  },
  'rstd-unbiased': {
    wrong: ['x', 'weight'],
    fades: true,
    rstd: (variance, eps, n) => right.rstd(mul(variance, n / (n - 1)), eps),
  },
  'drop-eps': { wrong: ['x', 'weight'], rstd: (variance) => rsqrt(variance) },
  'flip-xhat': {
    wrong: ['x'],
    dx: ({ g, r, xhat, average }) => mul(r, add(sub(g, average(g)), mul(xhat, average(mul(g, xhat))))),
  },
  'forget-weight': { wrong: ['x'], dx: (parts) => right.dx({ ...parts, g: reshape(parts.dy, parts.g.shape) }) },
  'xhat-term-raw': {
    wrong: ['x'],
    dx: ({ g, r, xhat, average }) => mul(r, sub(sub(g, average(g)), mul(div(xhat, r), average(mul(g, xhat))))),
  },
  'no-rstd': { wrong: ['x'], dx: (parts) => div(right.dx(parts), parts.r) },
  'dweight-mean': {
    wrong: ['weight'],
    dweight: (parts) => mul(right.dweight(parts), 1 / parts.shared),
    hidden: ({ norm, shape }) => norm === 'layerNorm' && shape[0] === 1, // one row: the mean is the sum
  },
  'dweight-no-rstd': { wrong: ['weight'], dweight: ({ dy, xhat, r }) => mul(dy, reshape(div(xhat, r), dy.shape)) },
  'dbias-uses-g': { wrong: ['bias'], dbias: ({ dy, g }) => reshape(g, dy.shape) },
  'dd-xhat-constant': { wrong: ['x'], order: 2, dx: (parts) => right.dx({ ...parts, xhat: parts.xhat.detach() }) },
  'dd-no-dweight-path': {
    wrong: ['weight'], // at order 1, since forward mode is the transpose of it: the derivative in the cotangent
    dweight: (parts) => right.dweight({ ...parts, dy: parts.dy.detach(), wide: parts.wide.detach() }),
  },
};

interface Options {
  readonly norm: Norm;
  readonly eps: number;
  readonly defect: Defect | undefined;
}

/** For each element of x, which group it belongs to and which weight it shares. */
function places(norm: Norm, shape: Shape): { group: number; parameter: number }[] {
  const [, channels = 1, ...spatial] = shape;
  const [row, space, last] = [sizeOf(shape.slice(1)), sizeOf(spatial), shape.at(-1)!];
  return Array.from({ length: sizeOf(shape) }, (_, i) => {
    const channel = Math.floor(i / space) % channels;
    const group = {
      batchNorm: channel,
      layerNorm: Math.floor(i / last),
      groupNorm: Math.floor((2 * i) / row),
      instanceNorm: Math.floor(i / space),
    };
    return { group: group[norm], parameter: norm === 'layerNorm' ? i % last : channel };
  });
}

/** The norm in plain loops, element by element. */
function normalize(norm: Norm, eps: number, x: Tensor, weight: Tensor, bias: Tensor): number[] {
  const [data, w, b] = [x, weight, bias].map((t) => Array.from(t.toTypedArray())) as [number[], number[], number[]];
  const at = places(norm, x.shape);
  const groups = Array.from({ length: Math.max(...at.map(({ group }) => group)) + 1 }, () => ({ n: 0, mean: 0, variance: 0 }));
  at.forEach(({ group }) => void groups[group]!.n++);
  data.forEach((value, i) => void (groups[at[i]!.group]!.mean += value / groups[at[i]!.group]!.n));
  data.forEach((value, i) => {
    const group = groups[at[i]!.group]!;
    group.variance += (value - group.mean) ** 2 / group.n;
  });
  return data.map((value, i) => {
    const { group, parameter } = at[i]!;
    const { mean, variance } = groups[group]!;
    return ((value - mean) / Math.sqrt(variance + eps)) * w[parameter]! + b[parameter]!;
  });
}

function normalized(x: Tensor, { view, dims, affine }: Layout, rstdOf: (variance: Tensor, n: number) => Tensor) {
  const n = dims.reduce((count, dim) => count * view[dim]!, 1);
  const average = (t: Tensor): Tensor => mean(t, { dim: dims, keepdim: true });
  const values = reshape(x, view);
  const difference = sub(values, average(values));
  const r = rstdOf(average(square(difference)), n);
  const xhat = mul(difference, r);
  return { r, xhat, n, average, wide: reshape(xhat, affine) };
}

/** A norm as a user of the library would write one, its backward composed of ops. */
const plantedOp = defineOp({
  name: 'planted',
  inputs: ['x', 'weight', 'bias'],
  outputs: ['y'],
  infer: ([x]) => [x],
  forward([x, weight, bias], [y], { norm, eps }: Options) {
    y.assign(normalize(norm, eps, x, weight, bias));
  },
  backward({ inputs: [x, weight] }, [cotangent], { norm, eps, defect }) {
    const layout = layouts[norm](x.shape);
    const rules = { ...right, ...defect };
    const dy = reshape(cotangent, layout.affine);
    const g = reshape(mul(dy, reshape(weight, layout.parameter)), layout.view);
    const shared = dy.size / weight.size;
    const parts = { dy, g, shared, ...normalized(x, layout, (variance, n) => rules.rstd(variance, eps, n)) };
    const summed = (t: Tensor): Tensor => reshape(sumTo(t, layout.parameter), weight.shape);
    return {
      x: () => reshape(rules.dx(parts), x.shape),
      weight: () => summed(rules.dweight(parts)),
      bias: () => summed(rules.dbias(parts)),
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
  { norm: 'layerNorm', shape: [3, 5], spread: 1.3 },
  { norm: 'layerNorm', shape: [1, 5], spread: 1.3 },
  { norm: 'layerNorm', shape: [2, 3, 4], spread: 1.3 },
  { norm: 'layerNorm', shape: [3, 5], spread: 1e-3 },
  { norm: 'groupNorm', shape: [2, 6, 3], spread: 1.3 },
  { norm: 'groupNorm', shape: [2, 4, 1], spread: 1.3 },
  { norm: 'groupNorm', shape: [1, 6, 2], spread: 1e-3 },
  { norm: 'instanceNorm', shape: [2, 3, 4], spread: 1.3 },
  { norm: 'instanceNorm', shape: [1, 3, 5], spread: 1.3 },
  { norm: 'instanceNorm', shape: [3, 2, 3], spread: 1e-3 },
];

const large: readonly Sample[] = [
  { norm: 'batchNorm', shape: [1200, 1], spread: 1.3 },
  { norm: 'layerNorm', shape: [1, 1200], spread: 1.3 },
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
    everyElement: 6, // for speed: directions find what elements find
  });
}

const title = ({ norm, shape, spread }: Sample): string => `${norm} [${shape}], spread ${spread}`;

/** Where to plant defect number k: everywhere, or in one sample of each norm, each of them in some defect. */
function samplesFor(k: number, { hidden, fades }: Defect, everywhere: boolean): readonly Sample[] {
  const visible = samples.filter((sample) => !hidden?.(sample));
  if (everywhere) return [...visible, ...(fades ? large : [])];
  const ofNorms = Object.keys(layouts).map((norm) => visible.filter((sample) => sample.norm === norm));
  return ofNorms.map((list) => list[k % list.length]!);
}

export function mutantSuite(everywhere: boolean): void {
  describe.each(Object.entries(defects).map(([name, defect], k) => [name, defect, k] as const))('%s', (_, defect, k) => {
    it.each(samplesFor(k, defect, everywhere).map((sample) => [title(sample), sample] as const))(
      'is found in %s',
      (_, sample) => {
        const { wrong, order = 1 } = defect;
        const report = check(sample, defect, order);
        const failed = report.inputs.filter(({ verdict }) => verdict !== 'passed');
        expect(
          failed.map(({ verdict, order, name }) => ({ verdict, order, name })),
          String(report),
        ).toEqual(wrong.map((name) => ({ verdict: 'failed', order, name })));
      },
    );
  });

  describe('without a defect', () => {
    it.each([...samples, ...large].map((sample) => [title(sample), sample] as const))('passes in %s', (_, sample) => {
      const report = check(sample, undefined, 2);
      expect(report.verdict, String(report)).toBe('passed');
    });
  });
}
