/**
 * The mistakes that are made in the backward of a norm. With r = (v + eps)^-1/2, x^ = (x - m) r, up the cotangent, g = up * weight and means
 * <.> over the n values of a group,
 *
 *     dx = r (g - <g> - x^ <g x^>),  dweight = sum up x^,  dbias = sum up;
 *
 * each mistake is another formula, and a gradient that equals what it gives was made by it. A norm that does not centre has no <g>, one
 * with given statistics neither mean.
 */
import { alike, coordinates, groupBy, sumOver, type Values, type Wrong } from './wrong-gradient.ts';

/** Which group each element belongs to, and where its weight is. */
interface Layout {
  readonly groups: Int32Array;
  readonly weights: Int32Array;
}

/** Everything in the formulas, element by element. */
interface Norm extends Layout {
  readonly up: Float64Array;
  readonly weight: Float64Array;
  readonly x: Float64Array;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly n: number;
  readonly eps: number;
  /** Factors of <g> and x^ <g x^> in dx. */
  readonly terms: readonly [mean: number, xhat: number];
}

type Column = Float64Array;
/** What it is, and the gradient that it gives. */
type Mistake = [name: string, gradient: () => Column];
const each = (like: Column, fn: (k: number) => number): Column => like.map((_, k) => fn(k));

/** The mean over each group, in every element of it. */
function meanOver(groups: Int32Array, values: Column): Column {
  const sums = sumOver(groups, values);
  const counts = sumOver(
    groups,
    values.map(() => 1),
  );
  return each(values, (k) => sums[k]! / counts[k]!);
}

/** dx of a norm whose backward has its own idea of r, x^, g, groups and coefficients. */
function dx(
  norm: Norm,
  change: {
    readonly rstd?: Column;
    readonly xhat?: Column;
    readonly g?: Column;
    readonly groups?: Int32Array;
    readonly terms?: Norm['terms'];
    /** What stands before <g x^>, instead of x^. */
    readonly last?: Column;
  } = {},
): Column {
  const rstd = change.rstd ?? rstdOf(norm);
  const xhat = change.xhat ?? each(norm.x, (k) => (norm.x[k]! - norm.mean[k]!) * rstd[k]!);
  const g = change.g ?? each(norm.up, (k) => norm.up[k]! * norm.weight[k]!);
  const groups = change.groups ?? norm.groups;
  const [first, second] = change.terms ?? norm.terms;
  const meanG = meanOver(groups, g);
  const meanGX = meanOver(
    groups,
    each(g, (k) => g[k]! * xhat[k]!),
  );
  const last = change.last ?? xhat;
  return each(g, (k) => rstd[k]! * (g[k]! - first * meanG[k]! - second * last[k]! * meanGX[k]!));
}

const rstdOf = ({ variance, eps }: Norm, correction = 1, added = eps): Column =>
  variance.map((value) => (value * correction + added === 0 ? 0 : 1 / Math.sqrt(value * correction + added)));

/** The sum over all elements that share a weight. */
function sumByWeight({ weights }: Norm, length: number, values: Column): Column {
  const sums = new Float64Array(length);
  values.forEach((value, k) => {
    sums[weights[k]!]! += value;
  });
  return sums;
}

function mistakesOfInput(norm: Norm, others: readonly Int32Array[]): Mistake[] {
  const { n, x, mean, up, weight, terms } = norm;
  const unbiased = n > 1 ? n / (n - 1) : 1;
  const plain = (values: Column): Column => each(values, (k) => values[k]! * weight[k]!);
  const moved = each(x, (k) => x[k]! - mean[k]!);
  const r = rstdOf(norm);
  const meanUp = meanOver(norm.groups, up);
  const meanG = meanOver(norm.groups, plain(up));
  const batch = 'given statistics are treated as those of the batch';
  return [
    ['the term of the mean is missing', () => dx(norm, { terms: [0, terms[1]] })],
    ['the term of the mean has the wrong sign', () => dx(norm, { terms: [-terms[0], terms[1]] })],
    ['the variance is treated as a constant: the term of xhat is missing', () => dx(norm, { terms: [terms[0], 0] })],
    ['mean and variance are treated as constants', () => dx(norm, { terms: [0, 0] })],
    ['the term of xhat has the wrong sign', () => dx(norm, { terms: [terms[0], -terms[1]] })],
    [`n - 1 instead of n in both means (n = ${n})`, () => dx(norm, { terms: [unbiased * terms[0], unbiased * terms[1]] })],
    [`rstd from the unbiased variance (n - 1, n = ${n})`, () => dx(norm, { rstd: rstdOf(norm, unbiased) })],
    ['eps is missing in rstd', () => dx(norm, { rstd: rstdOf(norm, 1, 0) })],
    ['x - mean instead of xhat in the last term', () => dx(norm, { last: moved })],
    ['x r instead of xhat: it is not centred', () => dx(norm, { xhat: each(x, (k) => x[k]! * r[k]!) })],
    ['weight is forgotten in the mean of g', () => each(x, (k) => dx(norm)[k]! + r[k]! * terms[0] * (meanG[k]! - meanUp[k]!))],
    ['the factor rstd is missing', () => each(x, (k) => dx(norm)[k]! / r[k]!)],
    ['the factor rstd is there twice', () => each(x, (k) => dx(norm)[k]! * r[k]!)],
    ['weight is forgotten', () => dx(norm, { g: up })],
    ['weight is multiplied after the means, not before', () => plain(dx(norm, { g: up }))],
    [
      'eps is added to the standard deviation, outside of the root',
      () => dx(norm, { rstd: norm.variance.map((v) => 1 / (Math.sqrt(v) + norm.eps)) }),
    ],
    ...others.map((groups): Mistake => ['the means run over the wrong dimensions', () => dx(norm, { groups })]),
    ...(terms[1] === 0 ? others.map((groups): Mistake => [batch, () => dx(norm, { groups, terms: [1, 1] })]) : []),
  ];
}

function mistakesOfWeight(norm: Norm, length: number): Mistake[] {
  const { n, up, weight, x, mean } = norm;
  const unbiased = n > 1 ? n / (n - 1) : 1;
  const terms = (rstd: Column, factor: Column = up): Column => each(x, (k) => factor[k]! * (x[k]! - mean[k]!) * rstd[k]!);
  const perEntry = x.length / length;
  const sum = (values: Column): Column => sumByWeight(norm, length, values);
  return [
    ['rstd is missing: the sum of up (x - mean)', () => sum(terms(x.map(() => 1)))],
    [`mean instead of sum (${perEntry} values per entry)`, () => sum(terms(rstdOf(norm))).map((value) => value / perEntry)],
    [
      'weight is in it: the sum of up weight xhat',
      () =>
        sum(
          terms(
            rstdOf(norm),
            each(up, (k) => up[k]! * weight[k]!),
          ),
        ),
    ],
    [`rstd from the unbiased variance (n - 1, n = ${n})`, () => sum(terms(rstdOf(norm, unbiased)))],
    ['eps is missing in rstd', () => sum(terms(rstdOf(norm, 1, 0)))],
    ['x instead of xhat: the sum of up x', () => sum(each(x, (k) => up[k]! * x[k]!))],
    ['xhat is missing: the sum of up', () => sum(up)],
  ];
}

function mistakesOfBias(norm: Norm, length: number): Mistake[] {
  const { up, weight, x } = norm;
  const perEntry = x.length / length;
  const sum = (values: Column): Column => sumByWeight(norm, length, values);
  const xhat = (): Column => each(x, (k) => (x[k]! - norm.mean[k]!) * rstdOf(norm)[k]!);
  return [
    ['weight is in it: the sum of up weight', () => sum(each(up, (k) => up[k]! * weight[k]!))],
    [`mean instead of sum (${perEntry} values per entry)`, () => sum(up).map((value) => value / perEntry)],
    ['xhat is in it: the sum of up xhat', () => sum(each(up, (k) => up[k]! * xhat()[k]!))],
  ];
}

/** Every way in which statistics may be taken: over any dimensions, or over groups of channels (dim 1), side by side or interleaved. */
function groupings({ shape, values }: Values): Int32Array[] {
  const { length: size } = values;
  const kept = Array.from({ length: 2 ** shape.length }, (_, bits) => shape.map((_, dim) => (bits >> dim) & 1));
  const byDims = kept.map((keep) => groupBy(shape, size, (at) => at.filter((_, dim) => keep[dim] === 1)));
  const channels = shape[1] ?? 1;
  const counts = Array.from({ length: channels }, (_, i) => i + 1).filter((count) => channels % count === 0);
  const byGroups = counts.flatMap((count) => [
    groupBy(shape, size, ([n = 0, c = 0]) => [n, Math.floor(c / (channels / count))]),
    groupBy(shape, size, ([n = 0, c = 0]) => [n, c % count]),
  ]);
  return [...byDims, ...byGroups];
}

/** Where the weight of each element is, if there is one: along which dimensions of x it lies. */
function weightLayouts({ shape, values }: Values, weight?: readonly number[]): Int32Array[] {
  if (!weight) return [new Int32Array(values.length)];
  const ranges = shape.flatMap((_, start) => {
    const part = shape.slice(start, start + weight.length);
    return part.join() === weight.join() ? [start] : [];
  });
  return ranges.map((start) =>
    Int32Array.from({ length: values.length }, (_, k) =>
      coordinates(shape, k)
        .slice(start, start + weight.length)
        .reduce((index, at, dim) => index * weight[dim]! + at, 0),
    ),
  );
}

/** The norm that an op computes, if it computes one: its groups are those with which the formula gives its output. */
function normOf({ inputs, outputs, cotangents, options }: Wrong): Norm | undefined {
  const [given, weight, bias] = ['x', 'weight', 'bias'].map((name) => inputs.find((input) => input?.name === name));
  const [y] = outputs;
  if (!given || !y || y.values.length !== given.values.length || given.values.length < 2) return undefined;
  const eps = Number(options.eps ?? 0);
  const x = given.values;
  for (const weights of weightLayouts(given, weight?.shape)) {
    const of = (values: Values | undefined, missing: number): Column =>
      each(x, (k) => (values ? values.values[weights[k]!]! : missing));
    const shift = of(bias, 0);
    const rest = { x, up: cotangents[0]!.values, weight: of(weight, 1), weights, eps };
    const isNorm = (norm: Norm): boolean => {
      const r = rstdOf(norm);
      return alike(
        each(x, (k) => (x[k]! - norm.mean[k]!) * r[k]! * norm.weight[k]! + shift[k]!),
        y.values,
      );
    };
    for (const groups of groupings(given)) {
      const n = groups.filter((group) => group === groups[0]).length;
      for (const mean of n > 1 ? [meanOver(groups, x), x.map(() => 0)] : []) {
        const variance = meanOver(
          groups,
          each(x, (k) => (x[k]! - mean[k]!) ** 2),
        );
        const norm: Norm = { ...rest, groups, mean, variance, n, terms: [mean.some((value) => value !== 0) ? 1 : 0, 1] };
        if (isNorm(norm)) return norm;
      }
    }
    const norm: Norm = { ...rest, groups: weights, ...statisticsOf(rest, y.values, shift), n: 1, terms: [0, 0] };
    if (isNorm(norm)) return norm;
  }
  return undefined;
}

/** The mean and variance of a norm with given ones, if it is one: y is a line in x for each weight, through two points of it. */
function statisticsOf(
  { x, weight, weights, eps }: Pick<Norm, 'x' | 'weight' | 'weights' | 'eps'>,
  y: Column,
  shift: Column,
): Pick<Norm, 'mean' | 'variance'> {
  const [low, high] = [new Map<number, number>(), new Map<number, number>()];
  x.forEach((value, k) => {
    const at = weights[k]!;
    if (value <= (x[low.get(at) ?? k] ?? value)) low.set(at, k);
    if (value >= (x[high.get(at) ?? k] ?? value)) high.set(at, k);
  });
  const slope = each(x, (k) => {
    const [a, b] = [low.get(weights[k]!)!, high.get(weights[k]!)!];
    return (y[b]! - y[a]!) / (x[b]! - x[a]!);
  });
  return {
    mean: each(x, (k) => x[low.get(weights[k]!)!]! - (y[low.get(weights[k]!)!]! - shift[k]!) / slope[k]!),
    variance: each(x, (k) => (weight[k]! / slope[k]!) ** 2 - eps),
  };
}

/** The mistake in the backward of a norm that gives this gradient, if the op is a norm and one does. */
export function normMistakes(wrong: Wrong): string | undefined {
  const norm = normOf(wrong);
  if (!norm) return undefined;
  const { index, inputs, analytic } = wrong;
  const input = inputs[index]!;
  const mistakes: Mistake[] =
    input.name === 'x'
      ? mistakesOfInput(norm, groupings(input))
      : input.name === 'weight'
        ? mistakesOfWeight(norm, analytic.length)
        : mistakesOfBias(norm, analytic.length);
  return mistakes.find(([, gradient]) => alike(gradient(), analytic))?.[0];
}
