/** Norms in plain JavaScript, in float64 with compensated sums: what the kernels are held against. */

/** Neumaier's sum. */
export function exactSum(values: Iterable<number>): number {
  let sum = 0;
  let lost = 0;
  for (const value of values) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return Number.isFinite(sum) ? sum + lost : sum;
}

export interface Problem {
  readonly x: ArrayLike<number>;
  readonly weight?: ArrayLike<number> | undefined;
  readonly bias?: ArrayLike<number> | undefined;
  readonly eps: number;
  readonly centred?: boolean;
  /** How many groups and parameters there are, and those of each element. */
  readonly groups: number;
  readonly parameters: number;
  group(i: number): number;
  parameter(i: number): number;
}

export interface Statistics {
  readonly mean: number[];
  readonly variance: number[];
  readonly rstd: number[];
}

const collect = (length: number, buckets: number, bucket: (i: number) => number): number[][] => {
  const members = Array.from({ length: buckets }, (): number[] => []);
  for (let i = 0; i < length; i++) members[bucket(i)]!.push(i);
  return members;
};
const indices = (length: number): number[] => Array.from({ length }, (_, i) => i);

export function statistics({ x, eps, centred = true, groups, group }: Problem): Statistics {
  const stats = collect(x.length, groups, group).map((members) => {
    const n = members.length;
    const rough = centred ? exactSum(members.map((i) => x[i]!)) / n : 0;
    const mean = centred ? rough + exactSum(members.map((i) => x[i]! - rough)) / n : 0;
    const variance = exactSum(members.map((i) => (x[i]! - mean) ** 2)) / n;
    return { mean, variance, rstd: variance + eps === 0 ? 0 : 1 / Math.sqrt(variance + eps) };
  });
  return { mean: stats.map((s) => s.mean), variance: stats.map((s) => s.variance), rstd: stats.map((s) => s.rstd) };
}

export function forward(problem: Problem, { mean, rstd } = statistics(problem)): number[] {
  const { x, weight, bias, group, parameter } = problem;
  return indices(x.length).map((i) => {
    const xhat = (x[i]! - mean[group(i)]!) * rstd[group(i)]!;
    return xhat * (weight?.[parameter(i)] ?? 1) + (bias?.[parameter(i)] ?? 0);
  });
}

export interface Gradients {
  readonly dx: number[];
  readonly dweight: number[];
  readonly dbias: number[];
}

export function backward(
  problem: Problem,
  dy: ArrayLike<number>,
  constant = false,
  { mean, rstd } = statistics(problem),
): Gradients {
  const { x, weight, centred = true, groups, parameters, group, parameter } = problem;
  const xhat = indices(x.length).map((i) => (x[i]! - mean[group(i)]!) * rstd[group(i)]!);
  const g = indices(x.length).map((i) => dy[i]! * (weight?.[parameter(i)] ?? 1));
  const means = collect(x.length, groups, group).map((members) => ({
    g: centred && !constant ? exactSum(members.map((i) => g[i]!)) / members.length : 0,
    gXhat: constant ? 0 : exactSum(members.map((i) => g[i]! * xhat[i]!)) / members.length,
  }));
  const members = collect(x.length, parameters, parameter);
  return {
    dx: g.map((value, i) => rstd[group(i)]! * (value - means[group(i)]!.g - xhat[i]! * means[group(i)]!.gXhat)),
    dweight: members.map((of) => exactSum(of.map((i) => dy[i]! * xhat[i]!))),
    dbias: members.map((of) => exactSum(of.map((i) => dy[i]!))),
  };
}

/** The largest error relative to `scale` or, without one, to the largest expected magnitude; NaN must meet NaN. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>, scale?: number): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let error = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isNaN(expected[i]!) !== Number.isNaN(actual[i]!)) return Number.POSITIVE_INFINITY;
    if (Number.isNaN(expected[i]!)) continue;
    error = Math.max(error, Math.abs(actual[i]! - expected[i]!));
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return error === 0 ? 0 : error / (scale ?? largest);
}
