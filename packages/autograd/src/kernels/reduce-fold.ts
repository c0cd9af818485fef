/**
 * Folding the middle dimension of [outer, n, inner]: `rows` where inner is 1, `columns` otherwise. Four values are combined, then folded
 * into the accumulator, then the rest one by one; so a result depends on its own n values and on nothing else: neither on where it lies in a
 * register nor on how outputs are shared among threads.
 */
import { f64x2, i32, type V128, v128 } from '../runtime/instructions.ts';
import { type Func, type Kernel, kernel, type Local } from '../runtime/kernel.ts';
import { type FloatType, type Lanes, lanes } from '../runtime/lanes.ts';
import { splat } from './elementwise.ts';
import { operand } from './elementwise-operand.ts';

export interface Fold {
  readonly name: string;
  readonly combine: (L: Lanes, a: V128, b: V128) => V128;
  readonly identity: number;
  /** Whether float32 data are accumulated in float64. */
  readonly wide: boolean;
  /** Whether four values may be combined as float32 before they are widened. */
  readonly combineNarrow: boolean;
  /** What is done to each value first. */
  readonly map?: (L: Lanes, x: V128) => V128;
}

const add = (L: Lanes, a: V128, b: V128): V128 => L.add(a, b);

/**
 * pmax and pmin are one instruction each and give their first operand where one is NaN. Both orders give the same bits unless one is NaN,
 * which the or keeps, or they are 0 and -0, which it makes -0. (On x86 max and min, which do without, take nine.)
 */
const eitherWay = (a: V128, b: V128, pick: Lanes['pmax']): V128 => v128.or(pick(a, b), pick(b, a));

export const folds = {
  sum: { name: 'sum', combine: add, identity: 0, wide: true, combineNarrow: true },
  exactSum: { name: 'exactSum', combine: add, identity: 0, wide: true, combineNarrow: false },
  // Squares and products of float32 may leave its range where the result does not.
  sumSquares: { name: 'sumSquares', combine: add, identity: 0, wide: true, combineNarrow: false, map: (L, x) => L.mul(x, x) },
  prod: { name: 'prod', combine: (L, a, b) => L.mul(a, b), identity: 1, wide: true, combineNarrow: false },
  max: { name: 'max', combine: (L, a, b) => eitherWay(a, b, L.pmax), identity: -Infinity, wide: false, combineNarrow: true },
  min: { name: 'min', combine: (L, a, b) => eitherWay(a, b, L.pmin), identity: Infinity, wide: false, combineNarrow: true },
} satisfies Record<string, Fold>;

/** The two upper floats, in the lower half. */
const upperHalf = (x: V128): V128 => v128.shuffle(x, x, [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]);
/** Lane 1 in lane 0. */
const secondFloat = (x: V128): V128 => v128.shuffle(x, x, [4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7]);

const lowBytes = (count: number): V128 => v128.const(Array.from({ length: 16 }, (_, i) => (i < count ? 255 : 0)));
const firstLane: Record<FloatType, V128> = { float32: lowBytes(4), float64: lowBytes(8) };

/** The parts of a fold that rows and columns share. */
export class FoldCode {
  readonly L: Lanes;
  readonly A: Lanes;
  /** Accumulators that one register of data needs. */
  readonly parts: 1 | 2;
  readonly identity: V128;

  constructor(
    readonly f: Func,
    readonly fold: Fold,
    readonly input: FloatType,
  ) {
    this.L = lanes[input];
    this.A = fold.wide ? lanes.float64 : this.L;
    this.parts = this.A.count === this.L.count ? 1 : 2;
    this.identity = this.A.const(fold.identity);
  }

  accumulators(registers: number): Local<'v128'>[] {
    return Array.from({ length: registers * this.parts }, () => this.f.let(this.identity));
  }

  /** A register of data as values to accumulate. */
  private enter(x: V128): V128[] {
    const { f, fold, A } = this;
    const halves = this.parts === 1 ? [x] : [f64x2.promoteLowF32x4(x), f64x2.promoteLowF32x4(upperHalf(x))];
    const { map } = fold;
    return map ? halves.map((half) => f.let(map(A, f.let(half)))) : halves.map((half) => f.let(half));
  }

  private join(L: Lanes, values: readonly V128[]): V128 {
    const { f, fold } = this;
    const [a, b, c, d] = values as [V128, V128?, V128?, V128?];
    return b && c && d ? f.let(fold.combine(L, f.let(fold.combine(L, a, b)), f.let(fold.combine(L, c, d)))) : a;
  }

  /** Folds one register of data, or four that belong together. */
  add(accumulators: readonly Local<'v128'>[], xs: readonly V128[]): void {
    const { f, fold, L, A } = this;
    const registers = xs.map((x) => f.let(x));
    const entered = fold.combineNarrow ? [this.enter(this.join(L, registers))] : registers.map((x) => this.enter(x));
    accumulators.forEach((accumulator, part) => {
      f.set(
        accumulator,
        fold.combine(
          A,
          accumulator,
          this.join(
            A,
            entered.map((values) => values[part]!),
          ),
        ),
      );
    });
  }

  /** Folds lane 0 of a register of data. */
  addOne(accumulators: readonly Local<'v128'>[], x: V128): void {
    const { f, fold, A } = this;
    const accumulator = accumulators[0]!;
    const value = this.enter(f.let(x))[0]!;
    f.set(accumulator, fold.combine(A, accumulator, f.let(A.select(firstLane[A.dtype], value, this.identity))));
  }

  /** All lanes of all accumulators in lane 0. */
  total(accumulators: readonly Local<'v128'>[]): Local<'v128'> {
    const { f, fold, A } = this;
    const [low, high] = accumulators as [Local<'v128'>, Local<'v128'>?];
    const sum = f.let(high ? fold.combine(A, low, high) : low);
    f.set(sum, fold.combine(A, sum, f.let(upperHalf(sum))));
    if (A.count === 4) f.set(sum, fold.combine(A, sum, f.let(secondFloat(sum))));
    return sum;
  }
}

/** run(x, out, end of out, n, divisor): x [rows, n] to out [rows]. */
export function rowsFold(fold: Fold, input: FloatType, output: FloatType): Kernel {
  return kernel(`${fold.name}Rows`, ['i32', 'i32', 'i32', 'i32', 'f64'], (f, x, out, outEnd, n, divisor) => {
    const code = new FoldCode(f, fold, input);
    const { L, A } = code;
    const target = operand(A.dtype, output);
    const divisors = f.let(splat(A.dtype, divisor));
    const bytes = (multiple: number): Local<'i32'> => f.let(i32.mul(i32.and(n, i32.const(-multiple)), i32.const(L.bytes)));
    const inFours = bytes(4 * L.count);
    const inRegisters = bytes(L.count);
    const inElements = bytes(1);
    f.for(out, outEnd, target.bytes, () => {
      const accumulators = code.accumulators(1);
      const fours = f.let(i32.add(x, inFours));
      const registers = f.let(i32.add(x, inRegisters));
      const end = f.let(i32.add(x, inElements));
      f.for(x, fours, 64, () =>
        code.add(
          accumulators,
          [0, 16, 32, 48].map((at) => L.load(x, at)),
        ),
      );
      f.for(x, registers, 16, () => code.add(accumulators, [L.load(x)]));
      f.for(x, end, L.bytes, () => code.addOne(accumulators, L.loadOne(x)));
      const total = code.total(accumulators);
      f.do(target.storeOne(out, fold.wide ? A.div(total, divisors) : total));
    });
  });
}

/** run(x, out, outer, n, width, inner, divisor): the first `width` columns of x [outer, n, inner] to those of out [outer, inner]; less than all only of one group. */
export function columnsFold(fold: Fold, input: FloatType, output: FloatType): Kernel {
  const types = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'f64'] as const;
  return kernel(`${fold.name}Columns`, types, (f, x, out, outer, n, width, inner, divisor) => {
    const code = new FoldCode(f, fold, input);
    const { L, A, parts } = code;
    const target = operand(A.dtype, output);
    const divisors = f.let(splat(A.dtype, divisor));
    const stride = f.let(i32.mul(inner, i32.const(L.bytes)));
    const stride2 = f.let(i32.add(stride, stride));
    const stride3 = f.let(i32.add(stride2, stride));
    const stride4 = f.let(i32.add(stride2, stride2));
    const inFours = f.let(i32.mul(i32.and(n, i32.const(-4)), stride));
    const inRows = f.let(i32.mul(n, stride));

    /** The columns of some registers at x; of no registers: of one element. */
    const tile = (registers: number): void => {
      const one = registers === 0;
      const list = Array.from({ length: Math.max(1, registers) }, (_, r) => r);
      const accumulators = code.accumulators(list.length).slice(0, one ? 1 : undefined);
      const of = (r: number): Local<'v128'>[] => accumulators.slice(r * parts, (r + 1) * parts);
      const row = f.let(x);
      const fours = f.let(i32.add(x, inFours));
      const end = f.let(i32.add(x, inRows));
      f.for(row, fours, stride4, () => {
        const rows = [row, ...[stride, stride2, stride3].map((offset) => f.let(i32.add(row, offset)))];
        for (const r of list)
          code.add(
            of(r),
            rows.map((p) => L.load(p, 16 * r)),
          );
      });
      f.for(row, end, stride, () => {
        for (const r of list) code.add(of(r), [L.load(row, 16 * r)]);
      });
      accumulators.forEach((accumulator, i) => {
        const value = fold.wide ? A.div(accumulator, divisors) : accumulator;
        f.do(one ? target.storeOne(out, value) : target.store(out, value, i * A.count * target.bytes));
      });
      f.bump(x, one ? L.bytes : 16 * registers);
    };

    const afterGroup = f.let(i32.sub(inRows, i32.mul(width, i32.const(L.bytes))));
    const columnsEnd = (multiple: number): Local<'i32'> =>
      f.let(i32.mul(i32.and(width, i32.const(-multiple)), i32.const(target.bytes)));
    const inTiles = columnsEnd(4 * L.count);
    const inRegisters = columnsEnd(L.count);
    const inElements = columnsEnd(1);
    f.loop(
      () => {
        const tiles = f.let(i32.add(out, inTiles));
        const singles = f.let(i32.add(out, inRegisters));
        const end = f.let(i32.add(out, inElements));
        f.for(out, tiles, 4 * L.count * target.bytes, () => tile(4));
        f.for(out, singles, L.count * target.bytes, () => tile(1));
        f.for(out, end, target.bytes, () => tile(0));
        f.bump(x, afterGroup);
        f.bump(outer, -1);
      },
      () => outer,
    );
  });
}
