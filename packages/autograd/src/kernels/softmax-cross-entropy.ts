/**
 * Cross entropy of logits [rows, n] against class indices [rows], without a matrix in between. A row whose target is the ignored number,
 * or no class (below 0 or at least n), is left out: its loss and its gradient are 0, whatever the logits.
 */
import { type F64, f64, f64x2, type I32, i32 } from '../runtime/instructions.ts';
import { kernel, perFloat } from '../runtime/kernel.ts';
import { lanes } from '../runtime/lanes.ts';
import { splat } from './elementwise.ts';
import { operand } from './elementwise-operand.ts';
import { exp } from './math/exp.ts';
import { log } from './math/log.ts';
import { folds } from './reduce-fold.ts';
import { RowCode } from './softmax-row.ts';
import { sharedRows } from './split.ts';

/** What a smoothed target has more than the other classes. */
const ofTarget = (share: F64, n: I32): F64 => f64.sub(f64.const(1), f64.mul(share, f64.fromI32(n)));

const counts = (target: I32, n: I32, ignored: I32): I32 => i32.and(i32.ltU(target, n), i32.ne(target, ignored));

/**
 * run(logits, targets, losses, end of losses, n, ignored, share): log sum e^(x-m) - (1 - n share) (x_target - m) - share sum (x - m), with m the
 * row's maximum. The share is that of each class in a smoothed target.
 */
export const crossEntropyForward = /* @__PURE__ */ perFloat((dtype) =>
  sharedRows(
    kernel(
      'crossEntropyForward',
      ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'f64'],
      (f, x, targets, losses, end, n, ignored, share) => {
        const row = new RowCode(f, dtype, n);
        const { L } = row;
        const D = lanes.float64;
        const output = operand('float64', dtype);
        const smooth = f.let(f64.ne(share, f64.const(0)));
        const shares = f.let(f64x2.splat(share));
        const sharp = f.let(f64x2.splat(ofTarget(share, n)));
        f.for(losses, end, L.bytes, () => {
          const target = f.let(i32.load(targets));
          const loss = f.let(D.zero);
          f.if(counts(target, n, ignored), () => {
            const max = row.fold(folds.max, [x], (v) => v);
            const sum = row.fold(folds.sum, [x], (v) => exp(f, L, L.sub(v, max)));
            const chosen = output.loadSplat(i32.add(x, i32.mul(target, i32.const(L.bytes))));
            f.set(loss, D.sub(log(f, D, sum), D.mul(sharp, D.sub(chosen, row.widen(max)))));
            f.if(smooth, () =>
              f.set(
                loss,
                D.fnma(
                  shares,
                  row.fold(folds.sum, [x], (v) => L.sub(v, max)),
                  loss,
                ),
              ),
            );
          });
          f.do(output.storeOne(losses, loss));
          f.bump(x, row.bytes);
          f.bump(targets, 4);
        });
      },
    ),
    ['row', 4, lanes[dtype].bytes],
    lanes[dtype].bytes,
    2.5,
  ),
);

/** run(logits, targets, scales, dx, end of dx, n, ignored, share): dx = scale (softmax(x) - share - (1 - n share) onehot(target)), a scale for each row. */
export const crossEntropyBackward = /* @__PURE__ */ perFloat((dtype) =>
  sharedRows(
    kernel(
      'crossEntropyBackward',
      ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'f64'],
      (f, x, targets, scales, dx, end, n, ignored, share) => {
        const row = new RowCode(f, dtype, n);
        const { L } = row;
        const D = lanes.float64;
        const shares = f.let(splat(dtype, share));
        const sharp = f.let(splat(dtype, ofTarget(share, n)));
        f.for(dx, end, row.bytes, () => {
          const target = f.let(i32.load(targets));
          f.if(
            counts(target, n, ignored),
            () => {
              const scale = f.let(L.loadSplat(scales));
              const max = row.fold(folds.max, [x], (v) => v);
              const sum = row.fold(folds.sum, [x], (v) => exp(f, L, L.sub(v, max)), dx);
              const factor = row.narrow(f.let(D.div(row.widen(scale), sum)));
              const even = f.let(L.mul(scale, shares));
              row.map([dx], dx, (e) => L.sub(L.mul(e, factor), even));
              const chosen = f.let(i32.add(dx, i32.mul(target, i32.const(L.bytes))));
              f.do(L.storeOne(chosen, L.fnma(sharp, scale, L.loadOne(chosen))));
            },
            () => row.map([dx], dx, () => L.zero),
          );
          f.bump(x, row.bytes);
          f.bump(targets, 4);
          f.bump(scales, L.bytes);
        });
      },
    ),
    ['row', 4, lanes[dtype].bytes, 'row'],
    lanes[dtype].bytes,
    2.5,
  ),
);

/** run(x, targets, y, end of y, n, stride, ignored): y = x[target], with a row of x every `stride` bytes; 0 where a row is left out. */
export const pick = /* @__PURE__ */ perFloat((dtype) =>
  kernel('pick', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], (f, x, targets, y, end, n, stride, ignored) => {
    const L = lanes[dtype];
    f.for(y, end, L.bytes, () => {
      const target = f.let(i32.load(targets));
      const value = f.let(L.zero);
      f.if(counts(target, n, ignored), () => f.set(value, L.loadOne(i32.add(x, i32.mul(target, i32.const(L.bytes))))));
      f.do(L.storeOne(y, value));
      f.bump(x, stride);
      f.bump(targets, 4);
    });
  }),
);

/** run(targets, end, value): how often the value occurs. */
export const countOf = /* @__PURE__ */ kernel('countOf', ['i32', 'i32', 'i32'], (f, targets, end, value) => {
  const count = f.let(i32.const(0));
  f.for(targets, end, 4, () => f.bump(count, i32.eq(i32.load(targets), value)));
  return count;
});
