/**
 * softmax, log softmax and log sum exp of the rows of matrices [rows, n]. The row's maximum m is taken off first, so that nothing overflows:
 * softmax(x) = e^(x-m) / sum e^(x-m). A row of -Infinity, or with +Infinity or NaN, is NaN, as Infinity - Infinity is.
 */
import { v128 } from '../runtime/instructions.ts';
import { kernel, perFloat } from '../runtime/kernel.ts';
import { lanes } from '../runtime/lanes.ts';
import { exp } from './math/exp.ts';
import { log } from './math/log.ts';
import { folds } from './reduce-fold.ts';
import { RowCode } from './softmax-row.ts';
import { sharedRows } from './split.ts';

/** run(x, y, end of y, n) */
export const softmaxForward = /* @__PURE__ */ perFloat((dtype) =>
  sharedRows(
    kernel('softmaxForward', ['i32', 'i32', 'i32', 'i32'], (f, x, y, end, n) => {
      const row = new RowCode(f, dtype, n);
      const { L } = row;
      f.for(y, end, row.bytes, () => {
        const max = row.fold(folds.max, [x], (v) => v);
        const sum = row.narrow(row.fold(folds.sum, [x], (v) => exp(f, L, L.sub(v, max)), y));
        row.map([y], y, (e) => L.div(e, sum));
        f.bump(x, row.bytes);
      });
    }),
    ['row', 'row'],
    lanes[dtype].bytes,
    2.5,
  ),
);

/** run(x, y, end of y, n) */
export const logSoftmaxForward = /* @__PURE__ */ perFloat((dtype) =>
  sharedRows(
    kernel('logSoftmaxForward', ['i32', 'i32', 'i32', 'i32'], (f, x, y, end, n) => {
      const row = new RowCode(f, dtype, n);
      const { L } = row;
      f.for(y, end, row.bytes, () => {
        const max = row.fold(folds.max, [x], (v) => v);
        const sum = row.fold(folds.sum, [x], (v) => exp(f, L, L.sub(v, max)));
        const logSum = row.narrow(log(f, lanes.float64, sum));
        row.map([x], y, (v) => L.sub(L.sub(v, max), logSum));
        f.bump(x, row.bytes);
      });
    }),
    ['row', 'row'],
    lanes[dtype].bytes,
    2.5,
  ),
);

/** run(x, y, end of y, n): y float64, one for each row. Of infinite values no maximum is taken off: a row of -Infinity is log 0. */
export const logSumExpForward = /* @__PURE__ */ perFloat((dtype) =>
  sharedRows(
    kernel('logSumExpForward', ['i32', 'i32', 'i32', 'i32'], (f, x, y, end, n) => {
      const row = new RowCode(f, dtype, n);
      const { L } = row;
      const D = lanes.float64;
      f.for(y, end, D.bytes, () => {
        const max = row.fold(folds.max, [x], (v) => v);
        const shift = f.let(v128.andnot(max, L.eq(L.abs(max), L.const(Number.POSITIVE_INFINITY))));
        const sum = row.fold(folds.sum, [x], (v) => exp(f, L, L.sub(v, shift)));
        f.do(D.storeOne(y, D.add(log(f, D, sum), row.widen(shift))));
        f.bump(x, row.bytes);
      });
    }),
    ['row', 8],
    lanes[dtype].bytes,
    2.5,
  ),
);

/** run(y, g, dx, end of dx, n): dx = y (g - <g y>), <> the sum over the row. */
export const softmaxBackward = /* @__PURE__ */ perFloat((dtype) =>
  sharedRows(
    kernel('softmaxBackward', ['i32', 'i32', 'i32', 'i32', 'i32'], (f, y, g, dx, end, n) => {
      const row = new RowCode(f, dtype, n);
      const { L } = row;
      f.for(dx, end, row.bytes, () => {
        const sum = row.narrow(row.fold(folds.sum, [y, g], (p, q) => L.mul(p, q)));
        row.map([y, g], dx, (p, q) => L.mul(p, L.sub(q, sum)));
        f.bump(y, row.bytes);
        f.bump(g, row.bytes);
      });
    }),
    ['row', 'row', 'row'],
    lanes[dtype].bytes,
    0.8,
  ),
);

/** run(y, g, dx, end of dx, n): dx = g - e^y <g>. */
export const logSoftmaxBackward = /* @__PURE__ */ perFloat((dtype) =>
  sharedRows(
    kernel('logSoftmaxBackward', ['i32', 'i32', 'i32', 'i32', 'i32'], (f, y, g, dx, end, n) => {
      const row = new RowCode(f, dtype, n);
      const { L } = row;
      f.for(dx, end, row.bytes, () => {
        const sum = row.narrow(row.fold(folds.sum, [g], (q) => q));
        row.map([y, g], dx, (p, q) => L.fnma(exp(f, L, p), sum, q));
        f.bump(y, row.bytes);
        f.bump(g, row.bytes);
      });
    }),
    ['row', 'row', 'row'],
    lanes[dtype].bytes,
    1.5,
  ),
);
