/**
 * Cross entropy of lines of n logits against a class index each, without an array in between. A line whose target is the ignored number,
 * or no class (below 0 or at least n), is left out: its loss and its gradient are 0, whatever the logits.
 */
import { type F64, f64, f64x2, type I32, i32, select, v128 } from '../runtime/instructions.ts';
import { kernel, perFloat } from '../runtime/kernel.ts';
import { lanes } from '../runtime/lanes.ts';
import { splat } from './elementwise.ts';
import { operand } from './elementwise-operand.ts';
import type { Address, LineCode, Register } from './line-code.ts';
import { LineKernel } from './lines.ts';
import { exp } from './math/exp.ts';
import { log } from './math/log.ts';
import { folds } from './reduce-fold.ts';

/** What a smoothed target has more than the other classes. */
const ofTarget = (share: F64, n: I32): F64 => f64.sub(f64.const(1), f64.mul(share, f64.fromI32(n)));

/** Which lines count, as a mask, and the places of their targets in lines that begin at `start`; of those that do not, any place. */
function targetsOf(line: LineCode, start: I32, targets: Address, ignored: F64): { counted: Register; places: Address[] } {
  const { f, L, dtype, n } = line;
  const target = line.load(operand(dtype, 'int32'), targets);
  const last = splat(dtype, f64.fromI32(i32.sub(n, i32.const(1))));
  const isClass = v128.and(L.ge(target, L.zero), L.le(target, last));
  const counted = f.let(v128.and(isClass, L.ne(target, splat(dtype, ignored))));
  const places = line.starts(start).map((first, lane) => {
    const index = f.let(i32.load(targets, 4 * lane));
    const offset = i32.mul(line.step, select(i32.ltU(index, n), index, i32.const(0)));
    return f.let(i32.add(first, offset));
  });
  return { counted, places };
}

/**
 * run([logits, targets, losses], lines, ignored, share): log sum e^(x-m) - (1 - n share) (x_target - m) - share sum (x - m), with m the
 * line's maximum. The share is that of each class in a smoothed target.
 */
export const crossEntropyForward = /* @__PURE__ */ perFloat((dtype) => {
  const { bytes } = lanes[dtype];
  const steps = ['row', 4, bytes] as const;
  return new LineKernel(
    'crossEntropyForward',
    dtype,
    steps,
    2.5,
    (line, [x, targets, losses], ignored, share) => {
      const { f, L, n } = line;
      const D = lanes.float64;
      const shares = f.let(f64x2.splat(share));
      const sharp = f.let(f64x2.splat(ofTarget(share, n)));
      const { counted, places } = targetsOf(line, x, targets, ignored);
      const loss = f.let(L.zero);
      f.if(v128.anyTrue(counted), () => {
        const [max] = line.fold(folds.max, [x], (v) => v);
        const sums = line.fold(folds.sum, [x], (v) => exp(f, L, L.sub(v, max)));
        const maxima = line.widen(max);
        const chosen = line.widen(line.gather(places));
        const wide = sums.map((sum, i) => f.let(D.sub(log(f, D, sum), D.mul(sharp, D.sub(chosen[i]!, maxima[i]!)))));
        f.if(f64.ne(share, f64.const(0)), () => {
          const distances = line.fold(folds.sum, [x], (v) => L.sub(v, max));
          wide.forEach((value, i) => void f.set(value, D.fnma(shares, distances[i]!, value)));
        });
        f.set(loss, v128.and(counted, line.narrow(wide)));
      });
      line.store(operand(dtype, dtype), losses, [loss]);
    },
    2,
  );
});

/**
 * run([logits, targets, scales, dx], lines, ignored, share): dx = scale (softmax(x) - share - (1 - n share) onehot(target)), a scale for each
 * line.
 */
export const crossEntropyBackward = /* @__PURE__ */ perFloat((dtype) => {
  const { bytes } = lanes[dtype];
  const steps = ['row', 4, bytes, 'row'] as const;
  return new LineKernel(
    'crossEntropyBackward',
    dtype,
    steps,
    2.5,
    (line, [x, targets, scales, dx], ignored, share) => {
      const { f, L, n } = line;
      const D = lanes.float64;
      const { counted, places } = targetsOf(line, dx, targets, ignored);
      f.if(
        v128.anyTrue(counted),
        () => {
          const scale = f.let(v128.and(counted, line.load(operand(dtype, dtype), scales)));
          const [max] = line.fold(folds.max, [x], (v) => v);
          const sums = line.fold(folds.sum, [x], (v) => exp(f, L, L.sub(v, max)), dx);
          const factor = line.narrow(line.widen(scale).map((wide, i) => f.let(D.div(wide, sums[i]!))));
          const even = f.let(L.mul(scale, splat(dtype, share)));
          line.map([dx], dx, (e) => v128.and(counted, L.sub(L.mul(e, factor), even)));
          line.scatter(places, L.fnma(splat(dtype, ofTarget(share, n)), scale, line.gather(places)));
        },
        () => line.map([dx], dx, () => L.zero),
      );
    },
    2,
  );
});

/** run(x, targets, y, end of y, n, stride, ignored): y = x[target], with a row of x every `stride` bytes; 0 where a row is left out. */
export const pick = /* @__PURE__ */ perFloat((dtype) =>
  kernel('pick', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], (f, x, targets, y, end, n, stride, ignored) => {
    const L = lanes[dtype];
    f.for(y, end, L.bytes, () => {
      const target = f.let(i32.load(targets));
      const value = f.let(L.zero);
      const counted = i32.and(i32.ltU(target, n), i32.ne(target, ignored));
      f.if(counted, () => f.set(value, L.loadOne(i32.add(x, i32.mul(target, i32.const(L.bytes))))));
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
