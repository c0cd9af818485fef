/**
 * Batch norm of [rows, channels]: the channels lie side by side, so a register holds several of them and a statistic is a pair of
 * doubles for two neighbours. Strips of four registers (a cache line) pass down the rows.
 */
import { f64x2, type I32, i32, select, type V128, v128 } from '../runtime/instructions.ts';
import { type Func, type Kernel, kernel, type Local } from '../runtime/kernel.ts';
import type { FloatType } from '../runtime/lanes.ts';
import { type Access, direct, doubles, repeat } from './norm-access.ts';
import { affine, centring, gradient, type Sums, scaled, type Whitening, weighted, whiten, withXhat } from './norm-normalize.ts';
import { type Count, corrected, countOf, over, rounds, rstdOf, type Stat, simple, unsettled } from './norm-statistics.ts';

type Address = Local<'i32'>;

/** Rows after which float32 sums are emptied into doubles: each lane has then added that many, as in norm-statistics.ts. */
const block = 8;

/** A strip of `width` registers of columns, or one column in lane 0, at a byte offset into the rows. */
interface Strip {
  readonly A: Access;
  readonly width: number;
  readonly single: boolean;
  /** Byte offsets: of the elements, and of doubles, one for each channel. */
  readonly at: Address;
  readonly at64: Address;
}

const stripBytes = ({ A, width, single }: Strip): number => (single ? A.bytes : width * A.step);
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const slots = ({ width }: Strip): number[] => times(width, (slot) => slot);

const load = ({ A, single }: Strip, address: I32, slot: number): V128 =>
  single ? A.loadOne(address) : A.load(address, slot * A.step);

function store(f: Func, { A, single }: Strip, address: I32, slot: number, value: V128): void {
  f.do(single ? A.storeOne(address, value) : A.store(address, value, slot * A.step));
}

/** The strip's elements of an array of channels of the data's type, as doubles. */
function loadParameters(f: Func, strip: Strip, array: I32): Stat[][] {
  const address = f.let(i32.add(array, strip.at));
  return slots(strip).map((slot) => strip.A.widen(f.let(load(strip, address, slot))).map((half) => f.let(half)));
}

function storeParameters(f: Func, strip: Strip, array: I32, values: readonly (readonly V128[])[]): void {
  const address = f.let(i32.add(array, strip.at));
  for (const slot of slots(strip)) store(f, strip, address, slot, strip.A.narrow(values[slot]!));
}

function loadStats(f: Func, strip: Strip, array: I32): Stat[][] {
  const address = f.let(i32.add(array, strip.at64));
  const { halves } = strip.A;
  return slots(strip).map((slot) =>
    times(halves, (half) => f.let(strip.single ? v128.load64Zero(address) : v128.load(address, (slot * halves + half) * 16))),
  );
}

function storeStats(f: Func, strip: Strip, array: I32, stats: readonly (readonly V128[])[]): void {
  const address = f.let(i32.add(array, strip.at64));
  if (strip.single) f.do(v128.store64Lane(address, stats[0]![0]!, 0));
  else f.do(...stats.flat().map((stat, i) => v128.store(address, stat, i * 16)));
}

interface Table {
  readonly rows: Address;
  readonly rowBytes: Address;
  readonly count: Count;
}

const tableOf = (f: Func, dtype: FloatType, rows: Address, channels: I32): Table => ({
  rows,
  rowBytes: f.let(i32.mul(channels, i32.const(direct[dtype].bytes))),
  count: countOf(f, rows),
});

/** The strip's address in each array. */
const tops = (f: Func, strip: Strip, arrays: readonly I32[]): Address[] => arrays.map((array) => f.let(i32.add(array, strip.at)));

/** Runs `body` with the strip's address in each array, row by row. */
function down(
  f: Func,
  strip: Strip,
  { rows, rowBytes }: Table,
  arrays: readonly I32[],
  body: (at: readonly Address[]) => void,
): void {
  const pointers = tops(f, strip, arrays);
  repeat(f, rows, () => {
    body(pointers);
    for (const pointer of pointers) f.bump(pointer, rowBytes);
  });
}

/** Sums down the rows, for each register of the strip: `terms(slot, pointers, sums)` gives the new value of its `count` running sums. */
function columnSums(
  f: Func,
  strip: Strip,
  table: Table,
  arrays: readonly I32[],
  count: number,
  terms: (slot: number, pointers: readonly Address[], sums: readonly V128[]) => V128[],
): Stat[][][] {
  const { A } = strip;
  const totals = slots(strip).map(() => times(count, () => times(A.halves, () => f.let(f64x2.const(0)))));
  const running = totals.map((sums) => sums.map(() => f.let(A.L.zero)));
  const pointers = tops(f, strip, arrays);
  const left = f.let(table.rows);
  f.while(
    () => left,
    () => {
      const some = f.let(select(i32.lt(left, i32.const(block)), left, i32.const(block)));
      f.set(left, i32.sub(left, some));
      repeat(f, some, () => {
        running.forEach((sums, slot) => {
          for (const [i, value] of terms(slot, pointers, sums).entries()) f.set(sums[i]!, value);
        });
        for (const pointer of pointers) f.bump(pointer, table.rowBytes);
      });
      totals.flat().forEach((halves, i) => {
        const sum = running.flat()[i]!;
        for (const [h, half] of A.widen(sum).entries()) f.set(halves[h]!, f64x2.add(halves[h]!, half));
        f.set(sum, A.L.zero);
      });
    },
  );
  return totals;
}

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

/**
 * Passes over the channels strip by strip: four registers, one, one column. `attempt` calls `otherwise` instead of writing anything where
 * a float32 strip is too wild; its columns then run in float64.
 */
function eachStrip(f: Func, dtype: FloatType, channels: I32, attempt: (strip: Strip, otherwise: () => void) => void): void {
  const [at, at64, failed] = [f.let(i32.const(0)), f.let(i32.const(0)), f.let(i32.const(0))];
  const end = f.let(i32.mul(channels, i32.const(direct[dtype].bytes)));
  const until = (limit: I32, strip: Strip, pass: (advance: () => void) => void): void => {
    const bytes = stripBytes(strip);
    f.while(
      () => i32.le(i32.add(at, i32.const(bytes)), limit),
      () =>
        pass(() => {
          f.bump(at, bytes);
          f.bump(at64, (bytes / strip.A.bytes) * 8);
        }),
    );
  };
  for (const [width, single] of [
    [4, false],
    [1, false],
    [1, true],
  ] as const) {
    const strip: Strip = { A: direct[dtype], width, single, at, at64 };
    until(end, strip, (advance) => {
      f.set(failed, i32.const(0));
      attempt(strip, () => f.set(failed, i32.const(1)));
      const exact = (): void => {
        const wide: Strip = { A: doubles[dtype], width: 1, single, at, at64 };
        const limit = f.let(i32.add(at, i32.const(stripBytes(strip))));
        until(limit, wide, (next) => {
          attempt(wide, () => undefined);
          next();
        });
      };
      if (dtype === 'float32') f.if(failed, exact, advance);
      else advance();
    });
  }
}

const orElse = (f: Func, { A }: Strip, condition: I32, write: () => void, otherwise: () => void): void =>
  A.L.dtype === 'float32' ? f.if(condition, write, otherwise) : write();

export interface ColumnsForward {
  /** The statistics are read, not computed. */
  readonly given: boolean;
  readonly weight: boolean;
  readonly bias: boolean;
}

/** run(x, weight, bias, y, mean, variance (0: not wanted), rstd, rows, channels, eps) */
export const columnsForward = (dtype: FloatType, { given, ...has }: ColumnsForward): Kernel =>
  kernel(
    'normColumnsForward',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'f64'],
    (f, x, weight, bias, y, meanAt, varianceAt, rstdAt, rows, channels, epsilon) => {
      const table = tableOf(f, dtype, rows, channels);
      const eps = f.let(f64x2.splat(epsilon));
      eachStrip(f, dtype, channels, (strip, otherwise) => {
        const { A } = strip;
        const found = given ? undefined : columnMoments(f, strip, table, x);
        const mean = found?.mean ?? loadStats(f, strip, meanAt);
        const rstd = found?.variance.map((halves) => halves.map((v) => rstdOf(f, v, eps))) ?? loadStats(f, strip, rstdAt);
        const write = (): void => {
          if (found) {
            storeStats(f, strip, meanAt, mean);
            storeStats(f, strip, rstdAt, rstd);
            f.if(varianceAt, () => storeStats(f, strip, varianceAt, found.variance));
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

/** run(dy, x, weight, mean, rstd, dx, dweight, dbias, rows, channels) */
export const columnsBackward = (dtype: FloatType, wants: ColumnsBackward): Kernel =>
  kernel(
    'normColumnsBackward',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, dy, x, weight, meanAt, rstdAt, dx, dweight, dbias, rows, channels) => {
      const table = tableOf(f, dtype, rows, channels);
      eachStrip(f, dtype, channels, (strip, otherwise) => {
        const { A } = strip;
        const mean = loadStats(f, strip, meanAt);
        const rstd = loadStats(f, strip, rstdAt);
        const whitenings: Whitening[] = slots(strip).map((slot) => ({ mean: mean[slot]!, rstd: rstd[slot]! }));
        const write = (): void => {
          const found =
            wants.dweight || wants.dbias || !wants.constant ? columnGradientSums(f, strip, table, dy, x, whitenings) : [];
          if (wants.dbias)
            storeParameters(
              f,
              strip,
              dbias,
              found.map(({ u }) => u),
            );
          if (wants.dweight)
            storeParameters(
              f,
              strip,
              dweight,
              found.map(({ uXhat }) => uXhat),
            );
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
