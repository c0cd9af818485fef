/** Where in [outer, n, inner] along n the extreme values are, as int32. */
import { bytesPerElement } from '../core/dtype.ts';
import { heap } from '../runtime/heap.ts';
import { i32, type V128, v128 } from '../runtime/instructions.ts';
import { kernel, perFloat } from '../runtime/kernel.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { max, min } from './reduce.ts';

/**
 * run(x, values, end of values, out, n, inner): for each value the index of its first occurrence, where it must occur; NaN, which wins, is found first.
 * Rows are scanned a register at a time. A register may reach over the end of its row, but the value stands before that.
 */
const firstIndexOf = /* @__PURE__ */ perFloat((dtype) =>
  kernel('firstIndexOf', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], (f, x, values, end, out, n, inner) => {
    const L = lanes[dtype];
    const stride = f.let(i32.mul(inner, i32.const(L.bytes)));
    const afterGroup = f.let(i32.mul(i32.sub(n, i32.const(1)), stride));
    const left = f.let(inner);
    f.for(values, end, L.bytes, () => {
      const value = f.let(L.loadSplat(values));
      const missing = (x: V128) => {
        const found = f.let(x);
        return i32.eqz(v128.anyTrue(v128.or(L.eq(found, value), L.ne(found, found))));
      };
      const p = f.let(x);
      f.if(i32.eq(inner, i32.const(1)), () => {
        f.while(
          () => missing(L.load(p)),
          () => f.bump(p, 16),
        );
      });
      f.while(
        () => missing(L.loadSplat(p)),
        () => f.bump(p, stride),
      );
      f.do(i32.store(out, i32.div(i32.sub(p, x), stride)));
      f.bump(out, 4);
      f.bump(x, L.bytes);
      f.bump(left, -1);
      f.if(i32.eqz(left), () => {
        f.bump(x, afterGroup);
        f.set(left, inner);
      });
    });
  }),
);

const argExtreme =
  (extreme: typeof max) =>
  (dtype: FloatType, x: number, outer: number, n: number, inner: number, out: number): void => {
    const bytes = outer * inner * bytesPerElement(dtype);
    const values = heap.reserve(bytes); // not the scratch, which reductions use
    extreme.run(dtype, x, [outer, n, inner], [1], values);
    firstIndexOf[dtype].run(x, values, values + bytes, out, n, inner);
    heap.release(values, bytes);
  };
/** Indices of the maxima of x [outer, n, inner] along n, with n > 0. */
export const argmax = /* @__PURE__ */ argExtreme(max);
export const argmin = /* @__PURE__ */ argExtreme(min);
