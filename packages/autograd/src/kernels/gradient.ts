/** What clipping needs of gradients: to be summed up by powers, in float64, and to be scaled and clamped in place. */
import { bytesPerElement } from '../core/dtype.ts';
import { f64x2, type I32, i32, type V128, v128 } from '../runtime/instructions.ts';
import { type Func, type Kernel, kernel, type Local, perFloat } from '../runtime/kernel.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { mapKernel } from './elementwise.ts';
import { pow } from './math/pow.ts';

type Register = Local<'v128'>;

/** Two elements, or one and 0, as float64. */
const reads: Record<FloatType, Record<'two' | 'one', (at: I32, offset?: number) => V128>> = {
  float32: {
    two: (at, offset) => f64x2.promoteLowF32x4(v128.load64Zero(at, offset)),
    one: (at) => f64x2.promoteLowF32x4(v128.load32Zero(at)),
  },
  float64: { two: (at, offset) => v128.load(at, offset), one: (at) => v128.load64Zero(at) },
};

/** run(x, end, p): the sum, or another fold, of a function of each element that is 0 at 0. */
function foldKernel(
  name: string,
  term: (f: Func, x: Register, p: Register) => V128,
  fold: (a: V128, b: V128) => V128 = f64x2.add,
): Record<FloatType, Kernel> {
  return perFloat((dtype) =>
    kernel(name, ['i32', 'i32', 'f64'], (f, x, end, power) => {
      const { bytes } = lanes[dtype];
      const { two, one } = reads[dtype];
      const p = f.let(f64x2.splat(power));
      const totals = [0, 1, 2, 3].map(() => f.let(f64x2.const(0))); // so that additions need not wait for each other
      const take = (total: Register, value: V128) => f.set(total, fold(total, f.let(term(f, f.let(value), p))));
      const inEights = f.let(i32.add(x, i32.and(i32.sub(end, x), i32.const(-8 * bytes))));
      f.for(x, inEights, 8 * bytes, () => {
        totals.forEach((total, i) => {
          take(total, two(x, 2 * bytes * i));
        });
      });
      f.for(x, end, bytes, () => take(totals[0]!, one(x)));
      const [a, b, c, d] = totals as [Register, Register, Register, Register];
      const total = f.let(fold(f.let(fold(a, b)), f.let(fold(c, d))));
      f.set(total, fold(total, v128.shuffle(total, total, [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15])));
      return f64x2.extract(total, 0);
    }),
  );
}

const absolutes = /* @__PURE__ */ foldKernel('sumOfAbsolutes', (_f, x) => f64x2.abs(x));
const squares = /* @__PURE__ */ foldKernel('sumOfSquares', (_f, x) => f64x2.mul(x, x));
const powers = /* @__PURE__ */ foldKernel('sumOfPowers', (f, x, p) => pow(f, lanes.float64, f64x2.abs(x), p));
const largest = /* @__PURE__ */ foldKernel(
  'largestAbsolute',
  (_f, x) => f64x2.abs(x),
  (a, b) => f64x2.max(a, b),
);

/** The sum of |x|^p over `length` elements, or for p = Infinity the largest |x|. NaN if one is NaN. */
export function powerSum(dtype: FloatType, x: number, length: number, p: number): number {
  const kernels = p === 2 ? squares : p === 1 ? absolutes : p === Infinity ? largest : powers;
  return kernels[dtype].run(x, x + length * bytesPerElement(dtype), p);
}

const scaled = /* @__PURE__ */ mapKernel('scale', 1, (_f, L, x, factor) => L.mul(x, factor!), 1);
const clamped = /* @__PURE__ */ mapKernel('clampAround0', 1, (_f, L, x, bound) => L.pmax(L.pmin(x, bound!), L.neg(bound!)), 1);

/** x <- factor x, for `length` elements. */
export function scaleInPlace(dtype: FloatType, x: number, length: number, factor: number): void {
  scaled[dtype].run(x, x, x + length * bytesPerElement(dtype), factor);
}

/** x <- x where |x| is at most `bound`, else +-bound. NaN stays. */
export function clampInPlace(dtype: FloatType, x: number, length: number, bound: number): void {
  clamped[dtype].run(x, x, x + length * bytesPerElement(dtype), bound);
}
