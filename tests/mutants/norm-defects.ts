/** The defects of norms: each rule of a backward with one mistake in it. */
import {
  add,
  batchNorm,
  div,
  expand,
  groupNorm,
  instanceNorm,
  layerNorm,
  mean,
  mul,
  neg,
  reshape,
  rmsNorm,
  roll,
  rsqrt,
  type Shape,
  sqrt,
  square,
  sub,
  sumTo,
  type Tensor,
  tensor,
  zerosLike,
} from '@normgrad/autograd';
import { type Fn, type Mutant, normal, plant, weights } from './planted.ts';

/** Which elements form a group, and which share a weight. */
interface Layout {
  /** x with the dimensions `dims` spanning a group. */
  readonly view: Shape;
  readonly dims: readonly number[];
  /** x as the shape to which weight and bias broadcast once they have the shape `parameter`. */
  readonly affine: Shape;
  readonly parameter: Shape;
}

export interface Sample {
  readonly norm: Norm;
  readonly shape: Shape;
  readonly spread?: number;
  readonly groups?: number;
  /** Whether weight is all ones, as in a new layer. */
  readonly fresh?: boolean;
}

const eps = 1e-5;
const sizeOf = (shape: Shape): number => shape.reduce((size, n) => size * n, 1);

function channels([n = 1, c = 1, ...space]: Shape): Pick<Layout, 'affine' | 'parameter'> {
  return { affine: [n, c, sizeOf(space)], parameter: [c, 1] };
}
function rows(shape: Shape): Layout {
  const view = [sizeOf(shape.slice(0, -1)), shape.at(-1)!];
  return { view, dims: [1], affine: view, parameter: [shape.at(-1)!] };
}
const wholeChannels = ({ shape }: Sample): Layout => ({ view: channels(shape).affine, dims: [0, 2], ...channels(shape) });

/** What evaluation normalizes with: nothing of x. */
const running = ({ shape, spread = 1.3 }: Sample): { mean: Tensor; variance: Tensor } => ({
  mean: tensor(Float64Array.from({ length: shape[1]! }, (_, c) => (0.3 * c - 0.2) * spread)),
  variance: tensor(Float64Array.from({ length: shape[1]! }, (_, c) => (0.6 + 0.4 * c) * spread ** 2)),
});

/** Each norm of the library, with what its gradient is made of: dx = r (g - terms[0] <g> - terms[1] xhat <g xhat>). */
const norms = {
  batchNorm: {
    terms: [1, 1],
    layout: wholeChannels,
    run: (x: Tensor, weight: Tensor, bias?: Tensor) => batchNorm(x, { weight, bias, eps, training: true }),
  },
  evalNorm: {
    terms: [0, 0],
    layout: wholeChannels,
    run: (x: Tensor, weight: Tensor, bias: Tensor | undefined, sample: Sample) => {
      const { mean: runningMean, variance: runningVar } = running(sample);
      return batchNorm(x, { weight, bias, eps, runningMean, runningVar });
    },
  },
  layerNorm: {
    terms: [1, 1],
    layout: ({ shape }: Sample) => rows(shape),
    run: (x: Tensor, weight: Tensor, bias?: Tensor) => layerNorm(x, weight.size, { weight, bias, eps }),
  },
  rmsNorm: {
    terms: [0, 1],
    layout: ({ shape }: Sample) => rows(shape),
    run: (x: Tensor, weight: Tensor) => rmsNorm(x, weight.size, { weight, eps }),
  },
  groupNorm: {
    terms: [1, 1],
    layout: ({ shape, groups = 2 }: Sample): Layout => ({
      view: [shape[0]! * groups, sizeOf(shape.slice(1)) / groups],
      dims: [1],
      ...channels(shape),
    }),
    run: (x: Tensor, weight: Tensor, bias: Tensor | undefined, { groups = 2 }: Sample) =>
      groupNorm(x, groups, { weight, bias, eps }),
  },
  instanceNorm: {
    terms: [1, 1],
    layout: ({ shape }: Sample): Layout => ({
      view: [shape[0]! * shape[1]!, sizeOf(shape.slice(2))],
      dims: [1],
      ...channels(shape),
    }),
    run: (x: Tensor, weight: Tensor, bias?: Tensor) => instanceNorm(x, { weight, bias, eps }),
  },
} as const;
export type Norm = keyof typeof norms;

/** What the rules of a backward are made of. */
interface Parts {
  /** The cotangent of y, xhat, and x, as they meet weight and bias. */
  readonly dy: Tensor;
  readonly wide: Tensor;
  readonly raw: Tensor;
  /** weight, as it meets them. */
  readonly weight: Tensor;
  /** The cotangent of xhat; it and the following broadcast to x by groups. */
  readonly g: Tensor;
  readonly r: Tensor;
  readonly xhat: Tensor;
  readonly x: Tensor;
  /** Factors of <g> and xhat <g xhat>. */
  readonly terms: readonly [number, number];
  /** Values in a group, and values that share a weight. */
  readonly n: number;
  readonly shared: number;
  average(x: Tensor): Tensor;
  /** The mean over other dimensions, of x as another shape. */
  over(view: Shape, dims: readonly number[]): (x: Tensor) => Tensor;
}
type Rule = (parts: Parts) => Tensor;

/** A backward: right, but for what is replaced. */
interface Defect {
  readonly dx?: Rule;
  /** The gradients of weight and bias, before they are summed over what shares them. */
  readonly dweight?: Rule;
  readonly dbias?: Rule;
  /** 1 / standard deviation, as backward recomputes it. */
  readonly rstd?: (variance: Tensor, n: number) => Tensor;
  /** The inputs whose gradients are wrong: these and no others. */
  readonly wrong: readonly string[];
  readonly order?: number;
  readonly seenAt?: number;
  /** Whether it fades as groups grow. */
  readonly fades?: boolean;
  /** The norms in which it is a mistake one could make, if not all. */
  readonly only?: readonly Norm[];
  readonly looks?: string;
}

const right = {
  dx: ({ g, r, xhat, average, terms: [first, second] }: Parts): Tensor =>
    mul(r, sub(sub(g, mul(average(g), first)), mul(xhat, mul(average(mul(g, xhat)), second)))),
  dweight: ({ dy, wide }: Parts): Tensor => mul(dy, wide),
  dbias: ({ dy }: Parts): Tensor => dy,
  rstd: (variance: Tensor): Tensor => rsqrt(add(variance, eps)),
};
const like = (x: Tensor, shape: Tensor): Tensor => reshape(x, shape.shape);
const averaged =
  (view: (parts: Parts) => readonly [Shape, readonly number[]]): Rule =>
  (parts) =>
    right.dx({ ...parts, average: parts.over(...view(parts)) });

export const normDefects: Readonly<Record<string, Defect>> = {
  'drop-mean-term': {
    wrong: ['x'],
    looks: 'the term of the mean is missing',
    dx: (parts) => right.dx({ ...parts, terms: [0, parts.terms[1]] }),
  },
  'drop-xhat-term': {
    wrong: ['x'],
    looks: 'the variance is treated as a constant',
    dx: (parts) => right.dx({ ...parts, terms: [parts.terms[0], 0] }),
  },
  'stats-constant': { wrong: ['x'], looks: 'constant', dx: ({ g, r }) => mul(r, g) },
  'n-minus-1-both': {
    wrong: ['x'],
    looks: 'n - 1 instead of n in both means',
    fades: true,
    dx: (parts) => right.dx({ ...parts, average: (t) => mul(parts.average(t), parts.n / (parts.n - 1)) }),
  },
  'rstd-unbiased': {
    wrong: ['x', 'weight'],
    looks: 'rstd from the unbiased variance',
    fades: true,
    only: ['batchNorm', 'layerNorm', 'groupNorm', 'instanceNorm'],
    rstd: (variance, n) => right.rstd(mul(variance, n / (n - 1))),
  },
  'drop-eps': { wrong: ['x', 'weight'], looks: 'eps is missing in rstd', rstd: rsqrt },
  'eps-outside-root': {
    wrong: ['x', 'weight'],
    looks: 'outside of the root',
    rstd: (variance) => div(1, add(sqrt(variance), eps)),
  },
  'flip-xhat': {
    wrong: ['x'],
    looks: 'the term of xhat has the wrong sign',
    dx: (parts) => right.dx({ ...parts, terms: [parts.terms[0], -parts.terms[1]] }),
  },
  'forget-gamma': {
    wrong: ['x'],
    looks: 'weight is forgotten',
    dx: (parts) => right.dx({ ...parts, g: like(parts.dy, parts.g) }),
  },
  'gamma-after': {
    wrong: ['x'],
    looks: 'weight is multiplied after the means',
    dx: (parts) => like(mul(like(right.dx({ ...parts, g: like(parts.dy, parts.g) }), parts.dy), parts.weight), parts.g),
  },
  'axes-batch-only': {
    wrong: ['x'],
    looks: 'the means run over the wrong dimensions',
    only: ['batchNorm'],
    dx: averaged(({ dy }) => [dy.shape, [0]]),
  },
  'axes-space-only': {
    wrong: ['x'],
    looks: 'the means run over the wrong dimensions',
    only: ['batchNorm', 'groupNorm'],
    dx: averaged(({ dy }) => [dy.shape, [2]]),
  },
  'axes-all': {
    wrong: ['x'],
    looks: 'the means run over the wrong dimensions',
    dx: averaged(({ g }) => [[g.size], [0]]),
  },
  'axes-first': {
    wrong: ['x'],
    looks: 'the means run over the wrong dimensions',
    only: ['layerNorm', 'rmsNorm'],
    dx: averaged(({ dy }) => [dy.shape, [0]]),
  },
  'in-stats-over-batch': {
    wrong: ['x'],
    looks: 'the means run over the wrong dimensions',
    only: ['instanceNorm'],
    dx: averaged(({ dy }) => [dy.shape, [0, 2]]),
  },
  'group-transposed': {
    wrong: ['x'],
    looks: 'the means run over the wrong dimensions',
    only: ['groupNorm'],
    dx: averaged(({ dy: { shape }, g }) => {
      const [n = 1, c = 1, s = 1] = shape;
      const groups = g.shape[0]! / n;
      return [[n, groups, c / groups, s].map((size, i) => (i === 1 ? c / groups : i === 2 ? groups : size)), [1, 3]];
    }),
  },
  'eval-as-batch': {
    wrong: ['x'],
    looks: 'given statistics are treated as those of the batch',
    only: ['evalNorm'],
    dx: (parts) => right.dx({ ...parts, terms: [1, 1] }),
  },
  'xhat-term-raw': {
    wrong: ['x'],
    looks: 'x - mean instead of xhat in the last term',
    dx: ({ g, r, xhat, average, terms: [first, second] }) =>
      mul(r, sub(sub(g, mul(average(g), first)), mul(div(xhat, r), mul(average(mul(g, xhat)), second)))),
  },
  'xhat-not-centred': {
    wrong: ['x'],
    looks: 'it is not centred',
    dx: (parts) => right.dx({ ...parts, xhat: mul(parts.x, parts.r) }),
  },
  'mean-of-dy': {
    wrong: ['x'],
    looks: 'weight is forgotten in the mean of g',
    dx: (parts) => {
      const { g, r, dy, average, terms } = parts;
      return add(right.dx(parts), mul(r, mul(sub(average(g), average(like(dy, g))), terms[0])));
    },
  },
  'no-rstd': { wrong: ['x'], looks: 'the factor rstd is missing', dx: (parts) => div(right.dx(parts), parts.r) },
  'rstd-twice': { wrong: ['x'], looks: 'the factor rstd is there twice', dx: (parts) => mul(right.dx(parts), parts.r) },
  'dx-sign': { wrong: ['x'], looks: 'the sign is flipped', dx: (parts) => neg(right.dx(parts)) },
  'dx-twice': { wrong: ['x'], looks: 'twice what it should be', dx: (parts) => mul(right.dx(parts), 2) },
  'dgamma-no-rstd': {
    wrong: ['weight'],
    looks: 'rstd is missing',
    dweight: ({ dy, xhat, r }) => mul(dy, like(div(xhat, r), dy)),
  },
  'dgamma-mean': {
    wrong: ['weight'],
    looks: 'mean instead of sum',
    dweight: (parts) => mul(right.dweight(parts), 1 / parts.shared),
  },
  'dgamma-uses-g': {
    wrong: ['weight'],
    looks: 'weight is in it',
    dweight: ({ g, wide }) => mul(like(g, wide), wide),
  },
  'dgamma-raw-x': {
    wrong: ['weight'],
    looks: 'the sum of up', // without a mean, the same as no rstd
    dweight: ({ dy, raw }) => mul(dy, raw),
  },
  'dgamma-one-channel-off': {
    wrong: ['weight'],
    looks: 'the right values, off by 1 along dim 0',
    dweight: (parts) => roll(right.dweight(parts), 1, { dims: 1 }),
  },
  'dgamma-sign': { wrong: ['weight'], looks: 'the sign is flipped', dweight: (parts) => neg(right.dweight(parts)) },
  'dbeta-uses-g': { wrong: ['bias'], looks: 'weight is in it', dbias: ({ dy, g }) => like(g, dy) },
  'dbeta-mean': { wrong: ['bias'], looks: 'mean instead of sum', dbias: ({ dy, shared }) => mul(dy, 1 / shared) },
  'dbeta-missing': { wrong: ['bias'], looks: 'no gradient', dbias: ({ dy }) => zerosLike(dy) },
  'dbeta-uses-xhat': { wrong: ['bias'], looks: 'xhat is in it', dbias: ({ dy, wide }) => mul(dy, wide) },
  'dd-xhat-constant': { wrong: ['x'], order: 2, dx: (parts) => right.dx({ ...parts, xhat: parts.xhat.detach() }) },
  'dd-rstd-constant': { wrong: ['x'], order: 2, dx: (parts) => right.dx({ ...parts, r: parts.r.detach() }) },
  'dd-no-dgamma-path': {
    wrong: ['weight'],
    order: 2,
    seenAt: 1, // for forward mode is the derivative of backward in its cotangent
    looks: 'no gradient',
    dweight: (parts) => right.dweight({ ...parts, dy: parts.dy.detach(), wide: parts.wide.detach() }),
  },
};

function partsOf(sample: Sample, defect: Defect, [x, weight]: readonly Tensor[], dy: Tensor): Parts {
  const { terms, layout } = norms[sample.norm];
  const { view, dims, affine, parameter } = layout(sample);
  const n = dims.reduce((count, dim) => count * view[dim]!, 1);
  const average = (t: Tensor): Tensor => mean(t, { dim: dims, keepdim: true });
  const values = reshape(x!, view);
  const given = sample.norm === 'evalNorm' ? running(sample) : undefined;
  const statistic = (t: Tensor): Tensor => reshape(t, [1, t.size, 1]);
  const centred = given ? sub(values, statistic(given.mean)) : terms[0] === 1 ? sub(values, average(values)) : values;
  const variance = given ? statistic(given.variance) : average(square(centred));
  const r = (defect.rstd ?? right.rstd)(variance, n);
  const xhat = mul(centred, r);
  const upstream = reshape(dy, affine);
  const met = reshape(weight!, parameter);
  return {
    dy: upstream,
    wide: reshape(xhat, affine),
    raw: reshape(x!, affine),
    weight: met,
    g: reshape(mul(upstream, met), view),
    r,
    xhat,
    x: values,
    terms,
    n,
    shared: dy.size / weight!.size,
    average,
    over: (shape, over) => (t) => reshape(expand(mean(reshape(t, shape), { dim: over, keepdim: true }), shape), view),
  };
}

/** A defect in one norm; without one, the norm with its backward in formulas. */
export function normMutant(name: string, sample: Sample): Mutant {
  const defect = normDefects[name] ?? { wrong: [] };
  const { norm, shape, spread = 1.3, fresh = false, groups } = sample;
  const { layout, run } = norms[norm];
  const { parameter } = layout(sample);
  const size = sizeOf(parameter);
  const names = norm === 'rmsNorm' ? ['x', 'weight'] : ['x', 'weight', 'bias'];
  const fn: Fn = (x, weight, bias) => run(x!, weight!, bias, sample);
  const rules = { ...right, ...defect };
  const summed = (t: Tensor): Tensor => reshape(sumTo(t, parameter), [size]);
  const planted = plant(
    fn,
    names,
    {
      x: ({ inputs, dy }) => reshape(rules.dx(partsOf(sample, defect, inputs, dy)), shape),
      weight: ({ inputs, dy }) => summed(rules.dweight(partsOf(sample, defect, inputs, dy))),
      bias: ({ inputs, dy }) => summed(rules.dbias(partsOf(sample, defect, inputs, dy))),
    },
    { eps },
  );
  const weight = fresh ? tensor(new Float64Array(size).fill(1)) : weights(size);
  const { wrong, order = 1, seenAt = order, looks } = defect;
  return {
    defect: name,
    where: `${norm} [${shape}]${norm === 'groupNorm' ? ` in ${groups ?? 2} groups` : ''}, spread ${spread}${fresh ? ', fresh' : ''}`,
    names,
    inputs: [normal(shape, spread), weight, normal([size], 1, 6)].slice(0, names.length),
    right: fn,
    planted,
    wrong,
    order,
    seenAt,
    looks,
  };
}

// Unit scale hides a dropped eps from loose tolerances; two values a group leave next to no gradient; at a spread of 1e-3 eps decides; new
// layers hide weights, one row or one sample the dimensions of means, G^2 = C groups that are transposed.
export const normSamples: readonly Sample[] = [
  { norm: 'batchNorm', shape: [2, 3, 4] },
  { norm: 'batchNorm', shape: [6, 3] },
  { norm: 'batchNorm', shape: [2, 3, 4], fresh: true },
  { norm: 'batchNorm', shape: [2, 3] },
  { norm: 'batchNorm', shape: [1, 3, 5] },
  { norm: 'batchNorm', shape: [3, 2, 3], spread: 1e-3 },
  { norm: 'evalNorm', shape: [2, 3, 4] },
  { norm: 'evalNorm', shape: [3, 2], spread: 1e-3 },
  { norm: 'layerNorm', shape: [3, 5] },
  { norm: 'layerNorm', shape: [1, 5] },
  { norm: 'layerNorm', shape: [2, 3, 4] },
  { norm: 'layerNorm', shape: [3, 5], fresh: true },
  { norm: 'layerNorm', shape: [3, 5], spread: 1e-3 },
  { norm: 'rmsNorm', shape: [3, 5] },
  { norm: 'rmsNorm', shape: [2, 4], spread: 1e-3 },
  { norm: 'groupNorm', shape: [2, 6, 3] },
  { norm: 'groupNorm', shape: [2, 6, 3], groups: 3, fresh: true },
  { norm: 'groupNorm', shape: [2, 4, 3] },
  { norm: 'groupNorm', shape: [2, 4, 3], groups: 1 },
  { norm: 'groupNorm', shape: [2, 3, 4], groups: 3 },
  { norm: 'groupNorm', shape: [2, 4, 1] },
  { norm: 'groupNorm', shape: [1, 6, 2], spread: 1e-3 },
  { norm: 'instanceNorm', shape: [2, 3, 4] },
  { norm: 'instanceNorm', shape: [1, 3, 5] },
  { norm: 'instanceNorm', shape: [3, 2, 3], spread: 1e-3 },
];

/** 1200 values a group hide a wrong divisor. */
export const largeSamples: readonly Sample[] = [
  { norm: 'batchNorm', shape: [1200, 1] },
  { norm: 'layerNorm', shape: [1, 1200] },
];

/** Whether a defect is a mistake one could make in a norm. */
export function occursIn(defect: string, norm: Norm): boolean {
  const { only = [norm], wrong = [] } = normDefects[defect] ?? {};
  return only.includes(norm) && !(norm === 'rmsNorm' && wrong.includes('bias'));
}

/** Every defect in every norm. */
export function normMutants(): Mutant[] {
  return Object.entries(normDefects).flatMap(([defect, { fades }]) =>
    [...normSamples, ...(fades ? largeSamples : [])]
      .filter(({ norm }) => occursIn(defect, norm))
      .map((sample) => normMutant(defect, sample)),
  );
}
