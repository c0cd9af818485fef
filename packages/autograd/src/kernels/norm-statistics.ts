/**
 * Mean, variance and rstd of float64 quality at the speed of float32.
 *
 * A statistic is a register of two doubles: both alike for one group, or those of two neighbouring channels. The mean enters float32
 * arithmetic in two parts, hi = float32(mean) and lo = mean - hi, so that
 *     xhat = (x - mean) rstd = (x - hi) rstd - lo rstd
 * loses nothing where the mean is far larger than the spread: x - hi is then exact.
 */
import { f64, f64x2, type I32, i32, type V128, v128 } from '../runtime/instructions.ts';
import type { Func, Local } from '../runtime/kernel.ts';
import type { FloatType } from '../runtime/lanes.ts';
import {
  type Access,
  direct,
  doubles,
  type Part,
  type Region,
  smaller,
  splat,
  swapHalves,
  sweep,
  wholeEnd,
  wholeParts,
} from './norm-access.ts';

export type Stat = Local<'v128'>;
const zero = /* @__PURE__ */ f64x2.const(0);

/** How many values a statistic is of. A product with 1 / n is a third of the latency of a division, which short rows would feel. */
export interface Count {
  readonly n: Stat;
  readonly inverse: Stat;
}
export function countOf(f: Func, count: I32): Count {
  const n = f.let(f64x2.splat(f64.fromI32(count)));
  return { n, inverse: f.let(f64x2.div(f64x2.const(1), n)) };
}
/** The mean that belongs to a sum. */
export const over = (sum: V128, { inverse }: Count): V128 => f64x2.mul(sum, inverse);

/** Elements after which float32 sums are emptied into doubles: 8 additions in each lane. */
const block = 128;
const unroll = 4;

/**
 * Sums over a region: `terms(part, sums)` gives the new value of each of `count` running sums. Float32 registers are emptied into
 * doubles every 128 elements: without that, ties round one way and rstd is off by 2e-7.
 */
export function sums(
  f: Func,
  A: Access,
  region: Region,
  count: number,
  terms: (part: Part, sums: readonly V128[]) => V128[],
): Stat[] {
  const totals = Array.from({ length: count }, () => f.let(zero));
  region.each((run) => {
    const { offset, end } = run;
    const slots = Array.from({ length: unroll }, () => totals.map(() => f.let(A.L.zero)));
    const add = (part: Part): void => {
      const running = slots[part.slot]!;
      for (const [i, value] of terms(part, running).entries()) f.set(running[i]!, value);
    };
    const empty = (): void =>
      totals.forEach((total, i) => {
        const [a, b, c, d] = slots.map((running) => running[i]!);
        const sum = f.let(A.L.add(A.L.add(a!, b!), A.L.add(c!, d!)));
        f.set(
          total,
          A.widen(sum).reduce<V128>((a, b) => f64x2.add(a, b), total),
        );
        for (const running of slots) f.set(running[i]!, A.L.zero);
      });
    const stop = f.let(wholeEnd(offset, end, unroll * A.step));
    f.loop(
      () => {
        const pause = f.let(smaller(f.let(i32.add(offset, i32.const(block * A.bytes))), stop));
        f.for(offset, pause, unroll * A.step, () => wholeParts(A, offset, unroll).forEach(add));
        f.if(i32.eq(offset, stop), () => sweep(f, A, run, 1, add));
        empty();
      },
      () => i32.lt(offset, end),
    );
  });
  return totals.map((total) => f.let(f64x2.add(total, swapHalves(total))));
}

/**
 * What corrects a two-pass estimate: given the sums of d = x - hi and d^2 over n values, mean = hi + <d>, variance = <d^2> - <d>^2. Where the
 * squares overflow the variance is infinite, not infinite - infinite.
 */
export function corrected(
  f: Func,
  hi: V128,
  sumD: V128,
  sumD2: V128,
  count: Count,
): { mean: Stat; variance: Stat; offset2: Stat } {
  const offset = f.let(over(sumD, count));
  const offset2 = f.let(f64x2.pmin(f64x2.mul(offset, offset), f64x2.const(Number.MAX_VALUE)));
  const variance = f.let(f64x2.pmax(f64x2.sub(over(sumD2, count), offset2), zero));
  return { mean: f.let(f64x2.add(hi, offset)), variance, offset2 };
}

/**
 * Whether hi was too far from the mean (by 0.7 of the spread, so that the variance would lose to cancellation, or infinitely) and a better
 * one exists.
 */
export const unsettled = (variance: V128, offset2: V128, hi: V128, better: V128): I32 =>
  v128.anyTrue(v128.and(f64x2.ge(f64x2.mul(offset2, f64x2.const(2)), variance), f64x2.ne(hi, better)));

/** Rounds of correction at most; the second is for data that begin unlike the rest. */
export const rounds = 3;

export interface Moments {
  readonly mean: Stat;
  readonly variance: Stat;
}

/** A mean to begin with, which spares a pass: that of four registers, which overlap in short runs; or the first value of very short ones. */
export function firstMean(f: Func, A: Access, x: I32, { start, bytes }: Region): Stat {
  const { L } = A;
  const at = f.let(i32.add(x, start));
  const last = f.let(i32.sub(bytes, i32.const(A.step)));
  const mean = f.let(zero);
  f.if(
    i32.ge(last, i32.const(0)),
    () => {
      const [a, b, c, d] = [0, 1, 2, 3].map((slot) => A.load(i32.add(at, smaller(i32.const(slot * A.step), last))));
      const sum = f.let(L.add(L.add(a!, b!), L.add(c!, d!)));
      const halves = f.let(A.widen(sum).reduce((low, high) => f64x2.add(low, high)));
      f.set(mean, f64x2.mul(f64x2.add(halves, swapHalves(halves)), f64x2.const(1 / (4 * L.count))));
    },
    () => f.set(mean, A.widen(A.loadSplat(at))[0]!),
  );
  return mean;
}

/** Mean and biased variance of the n values of a region of x, from a mean to begin with; not centred (none): 0 and the mean square. */
function moments(f: Func, A: Access, x: I32, region: Region, count: Count, first: Stat | undefined): Moments {
  const { L } = A;
  if (!first) {
    const [square] = sums(f, A, region, 1, ({ load }, [sum]) => {
      const value = f.let(load(x));
      return [L.fma(value, value, sum!)];
    });
    return { mean: f.let(zero), variance: f.let(over(square!, count)) };
  }
  const mean = f.let(first);
  const variance = f.let(zero);
  const again = f.let(i32.const(0));
  const round = f.let(i32.const(rounds));
  f.loop(
    () => {
      const hi = f.let(splat(A, mean));
      const [sumD, sumD2] = sums(f, A, region, 2, ({ load, only }, [sumD, sumD2]) => {
        const d = f.let(only(L.sub(load(x), hi)));
        return [L.add(sumD!, d), L.fma(d, d, sumD2!)];
      });
      const hi64 = f.let(A.widen(hi)[0]!);
      const result = corrected(f, hi64, sumD!, sumD2!, count);
      f.set(mean, result.mean);
      f.set(variance, result.variance);
      f.bump(round, -1);
      const better = f.let(splat(A, mean));
      f.set(again, i32.and(unsettled(variance, result.offset2, hi64, A.widen(better)[0]!), i32.gt(round, i32.const(0))));
    },
    () => again,
  );
  return { mean, variance };
}

/** 1 / sqrt(variance + eps), and 0 where that root is 0: such a group is constant, its xhat and its gradient are 0. */
export function rstdOf(f: Func, variance: V128, eps: V128): Stat {
  const square = f.let(f64x2.add(variance, eps));
  return f.let(v128.andnot(f64x2.div(f64x2.const(1), f64x2.sqrt(square)), f64x2.eq(square, zero)));
}

/** Lanes whose variance + eps lies between 1e-30 and 1e30, where float32 arithmetic neither overflows nor underflows (nor is it NaN). */
const tameLanes = (rstd: V128): V128 => v128.and(f64x2.ge(rstd, f64x2.const(1e-15)), f64x2.le(rstd, f64x2.const(1e15)));
const tame = (...rstds: Local<'v128'>[]): I32 =>
  i32.eqz(v128.anyTrue(v128.not(rstds.map(tameLanes).reduce((a, b) => v128.and(a, b)))));

/**
 * Groups of 2 and 3 values have a gradient of nearly 0, by a cancellation that only statistics and sums of float64 survive (for 2 it is
 * eps rstd^2 of what it were with constant statistics).
 */
export const enough = ({ n }: Count): I32 => v128.anyTrue(f64x2.gt(n, f64x2.const(3)));

/** Whether float32 arithmetic will do. */
export const simple = (count: Count, ...rstds: Stat[]): I32 => i32.and(tame(...rstds), enough(count));

/** Emits `body` in the data's own type, and for float32 data where `condition` fails also in float64. */
export function atPrecision(f: Func, dtype: FloatType, condition: I32, body: (A: Access) => void): void {
  if (dtype === 'float64') body(direct.float64);
  else
    f.if(
      condition,
      () => body(direct.float32),
      () => body(doubles.float32),
    );
}

/** Mean, variance and rstd of the n values of a region of x, from a mean to begin with; not centred if there is none. */
export function statistics(
  f: Func,
  dtype: FloatType,
  x: I32,
  region: Region,
  count: Count,
  eps: V128,
  first: Stat | undefined,
): Moments & { rstd: Stat } {
  const { mean, variance } = moments(f, direct[dtype], x, region, count, first);
  const rstd = rstdOf(f, variance, eps);
  if (dtype === 'float32')
    f.if(i32.eqz(simple(count, rstd)), () => {
      const exact = moments(f, doubles.float32, x, region, count, first && firstMean(f, doubles.float32, x, region));
      f.set(mean, exact.mean);
      f.set(variance, exact.variance);
      f.set(rstd, rstdOf(f, variance, eps));
    });
  return { mean, variance, rstd };
}

/**
 * Chan's formula: joins the moments of `count` values (a running statistic) with those of n more. In this order of products a count of 0
 * takes the new ones as they are, even where delta^2 overflows.
 */
export function join(f: Func, all: { count: Stat; mean: Stat; m2: Stat }, { mean, variance }: Moments, n: V128): void {
  const count = f.let(f64x2.add(all.count, n));
  const share = f.let(f64x2.div(n, count));
  const delta = f.let(f64x2.sub(mean, all.mean));
  const between = f64x2.mul(delta, f64x2.mul(delta, f64x2.mul(all.count, share)));
  f.set(all.m2, f64x2.add(all.m2, f64x2.add(f64x2.mul(variance, n), between)));
  f.set(all.mean, f64x2.add(all.mean, f64x2.mul(delta, share)));
  f.set(all.count, count);
}

/** The mean as the parts that arithmetic in A uses: hi in a register, lo = mean - hi in doubles (0 where A computes in float64). */
export function split(f: Func, A: Access, mean: readonly V128[]): { hi: Stat; lo: Stat[] } {
  const hi = f.let(A.narrow(mean));
  const lo = A.widen(hi).map((half, i) => f.let(f64x2.sub(mean[i]!, half)));
  return { hi, lo };
}
