/**
 * Batch norm of [rows, channels]: the channels lie side by side, so a register holds several of them and a statistic is a pair of
 * doubles for two neighbours. Strips of four registers (a cache line) pass down the rows.
 */
import { f64x2, type I32, i32 } from '../runtime/instructions.ts';
import { type Func, type Kernel, kernel } from '../runtime/kernel.ts';
import type { FloatType } from '../runtime/lanes.ts';
import { affine, centring, gradient, type Sums, scaled, type Whitening, weighted, whiten, withXhat } from './norm-normalize.ts';
import { corrected, over, rounds, rstdOf, type Stat, simple, unsettled } from './norm-statistics.ts';
import {
  columnSums,
  down,
  eachStrip,
  load,
  loadParameters,
  loadStats,
  orElse,
  type Strip,
  slots,
  store,
  storeParameters,
  storeStats,
  type Table,
  tableOf,
} from './norm-strips.ts';

interface Moments {
  readonly mean: Stat[][];
  readonly variance: Stat[][];
}

/** The corrected two passes of norm-statistics.ts, in every column of the strip. */
function columnMoments(f: Func, strip: Strip, table: Table, x: I32): Moments {
  const { A } = strip;
  const { L } = A;
  const sum = columnSums(f, strip, table, [x], 1, (slot, [p], [sum]) => [L.add(sum!, load(strip, p!, slot))]);
  const mean = sum.map(([halves]) => halves!.map((half) => f.let(over(half, table.count))));
  const variance = mean.map((halves) => halves.map(() => f.let(f64x2.const(0))));
  const again = f.let(i32.const(0));
  const round = f.let(i32.const(rounds));
  f.loop(
    () => {
      const hi = mean.map((halves) => f.let(A.narrow(halves)));
      const found = columnSums(f, strip, table, [x], 2, (slot, [p], [sumD, sumD2]) => {
        const d = f.let(L.sub(load(strip, p!, slot), hi[slot]!));
        return [L.add(sumD!, d), L.fma(d, d, sumD2!)];
      });
      f.set(again, i32.const(0));
      found.forEach(([sumD, sumD2], slot) => {
        const hi64 = A.widen(hi[slot]!).map((half) => f.let(half));
        const results = hi64.map((half, h) => corrected(f, half, sumD![h]!, sumD2![h]!, table.count));
        results.forEach((result, h) => {
          f.set(mean[slot]![h]!, result.mean);
          f.set(variance[slot]![h]!, result.variance);
        });
        const better = A.widen(f.let(A.narrow(mean[slot]!)));
        results.forEach((result, h) => {
          f.set(again, i32.or(again, unsettled(result.variance, result.offset2, hi64[h]!, better[h]!)));
        });
      });
      f.bump(round, -1);
      f.set(again, i32.and(again, i32.gt(round, i32.const(0))));
    },
    () => again,
  );
  return { mean, variance };
}

export interface ColumnsForward {
  /** The statistics are read, not computed. */
  readonly given: boolean;
  readonly weight: boolean;
  readonly bias: boolean;
}

/** run(x, weight, bias, y, mean, variance, rstd, rows, channels, channels of a row of x, eps); of given statistics no variance */
export const columnsForward = (dtype: FloatType, { given, ...has }: ColumnsForward): Kernel =>
  kernel(
    'normColumnsForward',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'f64'],
    (f, x, weight, bias, y, meanAt, varianceAt, rstdAt, rows, channels, pitch, epsilon) => {
      const table = tableOf(f, dtype, rows, pitch);
      const eps = f.let(f64x2.splat(epsilon));
      eachStrip(f, dtype, table, channels, (strip, otherwise) => {
        const { A } = strip;
        const found = given ? undefined : columnMoments(f, strip, table, x);
        const mean = found?.mean ?? loadStats(f, strip, meanAt);
        const rstd = found?.variance.map((halves) => halves.map((v) => rstdOf(f, v, eps))) ?? loadStats(f, strip, rstdAt);
        const write = (): void => {
          if (found) {
            storeStats(f, strip, meanAt, mean);
            storeStats(f, strip, rstdAt, rstd);
            storeStats(f, strip, varianceAt, found.variance);
          }
          const w = has.weight ? loadParameters(f, strip, weight) : undefined;
          const b = has.bias ? loadParameters(f, strip, bias) : undefined;
          const toY = slots(strip).map((slot) => {
            const a = rstd[slot]!.map((r, h) => (w ? f.let(f64x2.mul(r, w[slot]![h]!)) : r));
            return affine(f, A, { mean: mean[slot]!, rstd: rstd[slot]! }, a, b?.[slot]);
          });
          down(f, strip, table, [x, y], ([from, to]) => {
            for (const slot of slots(strip)) store(f, strip, to!, slot, toY[slot]!(load(strip, from!, slot)));
          });
        };
        orElse(f, strip, simple(table.count, ...rstd.flat()), write, otherwise);
      });
    },
  );

export interface ColumnsBackward {
  /** Mean and rstd are constants (eval), not functions of x. */
  readonly constant: boolean;
  readonly weight: boolean;
  readonly dx: boolean;
  readonly dweight: boolean;
  readonly dbias: boolean;
}

/** run(dy, x, weight, mean, rstd, dx, dweight, dbias, rows, channels, channels of a row of x) */
export const columnsBackward = (dtype: FloatType, wants: ColumnsBackward): Kernel =>
  kernel(
    'normColumnsBackward',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, dy, x, weight, meanAt, rstdAt, dx, dweight, dbias, rows, channels, pitch) => {
      const table = tableOf(f, dtype, rows, pitch);
      eachStrip(f, dtype, table, channels, (strip, otherwise) => {
        const { A } = strip;
        const mean = loadStats(f, strip, meanAt);
        const rstd = loadStats(f, strip, rstdAt);
        const whitenings: Whitening[] = slots(strip).map((slot) => ({ mean: mean[slot]!, rstd: rstd[slot]! }));
        const write = (): void => {
          const found =
            wants.dweight || wants.dbias || !wants.constant ? columnGradientSums(f, strip, table, dy, x, whitenings) : [];
          const keep = (array: I32, key: keyof Sums): void => {
            const values = found.map((of) => of[key]);
            storeParameters(f, strip, array, values);
          };
          if (wants.dbias) keep(dbias, 'u');
          if (wants.dweight) keep(dweight, 'uXhat');
          if (!wants.dx) return;
          const w = wants.weight ? loadParameters(f, strip, weight) : undefined;
          const maps = whitenings.map((whitening, slot) => {
            const scale = w?.[slot];
            if (wants.constant) return { toDx: scaled(f, A, whitening.rstd, scale) };
            const g = scale ? weighted(f, found[slot]!, scale) : found[slot]!;
            return { toXhat: whiten(f, A, whitening), toDx: gradient(f, A, whitening, g, table.count, scale) };
          });
          down(f, strip, table, [dy, x, dx], ([up, from, to]) => {
            maps.forEach(({ toXhat, toDx }, slot) => {
              const xhat = toXhat ? f.let(toXhat(load(strip, from!, slot))) : A.L.zero;
              store(f, strip, to!, slot, toDx(load(strip, up!, slot), xhat));
            });
          });
        };
        orElse(f, strip, simple(table.count, ...rstd.flat()), write, otherwise);
      });
    },
  );

/** The sums of dy and dy xhat in every column. */
function columnGradientSums(f: Func, strip: Strip, table: Table, dy: I32, x: I32, whitenings: readonly Whitening[]): Sums[] {
  const { A } = strip;
  const centrings = whitenings.map((whitening) => centring(f, A, whitening));
  const found = columnSums(f, strip, table, [dy, x], 2, (slot, [up, from], [sum, sumCentred]) => {
    const value = f.let(load(strip, up!, slot));
    return [A.L.add(sum!, value), A.L.fma(value, centrings[slot]!.centre(load(strip, from!, slot)), sumCentred!)];
  });
  return whitenings.map((whitening, slot) => withXhat(f, centrings[slot]!.lo, whitening, found[slot]![0]!, found[slot]![1]!));
}
