/**
 * The mistakes that are made in the backward of a norm. With r = (v + eps)^-1/2, x^ = (x - m) r, up the cotangent, g = up * weight and means
 * <.> over the n values of a group,
 *
 *     dx = r (g - <g> - x^ <g x^>),  dweight = sum up x^,  dbias = sum up;
 *
 * each mistake is another formula, and a gradient that equals what it gives was made by it.
 */
import { alike, type Values, type Wrong } from './wrong-gradient.ts';

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
  readonly centred: boolean;
}

type Column = Float64Array;
/** What it is, and the gradient that it gives. */
type Mistake = [name: string, gradient: () => Column];
const each = (like: Column, fn: (k: number) => number): Column => like.map((_, k) => fn(k));

/** The mean over each group, in every element of it. */
function meanOver(groups: Int32Array, values: Column): Column {
  const sums = new Map<number, [number, number]>();
  values.forEach((value, k) => {
    const [sum, count] = sums.get(groups[k]!) ?? [0, 0];
    sums.set(groups[k]!, [sum + value, count + 1]);
  });
  return each(values, (k) => {
    const [sum, count] = sums.get(groups[k]!)!;
    return sum / count;
  });
}

/** dx of a norm whose backward has its own idea of r, x^, g, groups and coefficients. */
function dx(
  norm: Norm,
  change: {
    readonly rstd?: Column;
    readonly g?: Column;
    readonly groups?: Int32Array;
    /** Factors of <g> and of x^ <g x^>. */
    readonly terms?: readonly [mean: number, xhat: number];
    /** What stands before <g x^>, instead of x^. */
    readonly last?: Column;
  } = {},
): Column {
  const rstd = change.rstd ?? rstdOf(norm);
  const xhat = each(norm.x, (k) => (norm.x[k]! - norm.mean[k]!) * rstd[k]!);
  const g = change.g ?? each(norm.up, (k) => norm.up[k]! * norm.weight[k]!);
  const groups = change.groups ?? norm.groups;
  const [first, second] = change.terms ?? [1, 1];
  const meanG = meanOver(groups, g);
  const meanGX = meanOver(
    groups,
    each(g, (k) => g[k]! * xhat[k]!),
  );
  const last = change.last ?? xhat;
  return each(g, (k) => rstd[k]! * (g[k]! - (norm.centred ? first * meanG[k]! : 0) - second * last[k]! * meanGX[k]!));
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
  const { n, x, mean, up, weight } = norm;
  const unbiased = n > 1 ? n / (n - 1) : 1;
  const plain = (values: Column): Column => each(values, (k) => values[k]! * weight[k]!);
  const moved = each(x, (k) => x[k]! - mean[k]!);
  const r = rstdOf(norm);
  return [
    ['the term of the mean is missing', () => dx(norm, { terms: [0, 1] })],
    ['the term of the mean has the wrong sign', () => dx(norm, { terms: [-1, 1] })],
    ['the variance is treated as a constant: the term of xhat is missing', () => dx(norm, { terms: [1, 0] })],
    ['mean and variance are treated as constants', () => dx(norm, { terms: [0, 0] })],
    ['the term of xhat has the wrong sign', () => dx(norm, { terms: [1, -1] })],
    [`n - 1 instead of n in both means (n = ${n})`, () => dx(norm, { terms: [unbiased, unbiased] })],
    [`rstd from the unbiased variance (n - 1, n = ${n})`, () => dx(norm, { rstd: rstdOf(norm, unbiased) })],
    ['eps is missing in rstd', () => dx(norm, { rstd: rstdOf(norm, 1, 0) })],
    ['x - mean instead of xhat in the last term', () => dx(norm, { last: moved })],
    ['the factor rstd is missing', () => each(x, (k) => dx(norm)[k]! / r[k]!)],
    ['the factor rstd is there twice', () => each(x, (k) => dx(norm)[k]! * r[k]!)],
    ['weight is forgotten', () => dx(norm, { g: up })],
    ['weight is multiplied after the means, not before', () => plain(dx(norm, { g: up }))],
    [
      'eps is added to the standard deviation, outside of the root',
      () => dx(norm, { rstd: norm.variance.map((v) => 1 / (Math.sqrt(v) + norm.eps)) }),
    ],
    ...others.map((groups): Mistake => ['the means run over the wrong dimensions', () => dx(norm, { groups })]),
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

/** The place of element k along each dimension. */
function coordinates(shape: readonly number[], k: number): number[] {
  const at: number[] = [];
  let rest = k;
  for (const size of [...shape].reverse()) {
    at.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return at;
}

/** Group numbers of the elements: those that agree in all of `key` share a group. */
function groupBy(shape: readonly number[], size: number, key: (at: readonly number[]) => readonly number[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from({ length: size }, (_, k) => {
    const name = key(coordinates(shape, k)).join();
    if (!numbers.has(name)) numbers.set(name, numbers.size);
    return numbers.get(name)!;
  });
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

/** Where the weight of each element is: along which dimensions of x it lies. */
function weightLayouts({ shape, values }: Values, weight: readonly number[]): Int32Array[] {
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
  const [x, weight, bias] = ['x', 'weight', 'bias'].map((name) => inputs.find((input) => input?.name === name));
  const [y] = outputs;
  const eps = Number(options.eps ?? 0);
  if (!x || !y || y.values.length !== x.values.length || x.values.length < 2) return undefined;
  const flat = new Int32Array(x.values.length);
  for (const weights of weight ? weightLayouts(x, weight.shape) : [flat]) {
    const of = (values: Values | undefined, missing: number): Column =>
      each(x.values, (k) => (values ? values.values[weights[k]!]! : missing));
    for (const groups of groupings(x)) {
      for (const centred of [true, false]) {
        const mean = centred ? meanOver(groups, x.values) : new Float64Array(x.values.length);
        const variance = meanOver(
          groups,
          each(x.values, (k) => (x.values[k]! - mean[k]!) ** 2),
        );
        const n = groups.filter((group) => group === groups[0]).length;
        const norm: Norm = {
          x: x.values,
          up: cotangents[0]!.values,
          weight: of(weight, 1),
          weights,
          groups,
          mean,
          variance,
          n,
          eps,
          centred,
        };
        const r = rstdOf(norm);
        const shift = of(bias, 0);
        const again = each(x.values, (k) => (x.values[k]! - mean[k]!) * r[k]! * norm.weight[k]! + shift[k]!);
        if (n > 1 && alike(again, y.values)) return norm;
      }
    }
  }
  return undefined;
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
