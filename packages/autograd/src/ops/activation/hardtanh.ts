import { ArgumentError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { v128 } from '../../runtime/instructions.ts';
import { gt, lt } from '../elementwise/compare.ts';
import { defineUnary, type UnaryOp } from '../elementwise/define-elementwise.ts';
import { where } from '../elementwise/where.ts';

export interface HardtanhOptions {
  /** @defaultValue `-1` */
  readonly minVal?: number;
  /** @defaultValue `1` */
  readonly maxVal?: number;
}

/** min(max(x, minVal), maxVal), whose slope is 1 strictly between the two and 0 elsewhere. */
export function defineHardtanh(name: string): UnaryOp<Required<HardtanhOptions>> {
  return defineUnary<Required<HardtanhOptions>>({
    name,
    scalars: [({ minVal }) => minVal, ({ maxVal }) => maxVal],
    value: (_f, L, x, least, most) => L.pmin(L.pmax(x, least!), most!),
    saved: 'x',
    slope(f, L, dy, x, least, most) {
      const value = f.let(x);
      return v128.and(dy, v128.and(L.gt(value, least!), L.lt(value, most!)));
    },
    backward: (dy, x, { minVal, maxVal }) => where(gt(x, minVal), where(lt(x, maxVal), dy, 0), 0),
  });
}

export const hardtanhOp = /* @__PURE__ */ defineHardtanh('hardtanh');

/**
 * x, but at least `minVal` and at most `maxVal`. Unlike `clamp` the bounds themselves let no gradient through.
 *
 * @throws ArgumentError if `minVal` exceeds `maxVal` or one of them is NaN.
 */
export function hardtanh(x: Tensor, options: HardtanhOptions = {}): Tensor {
  const { minVal = -1, maxVal = 1 } = requireOptions('hardtanh', options, 'minVal, maxVal');
  if (!(minVal <= maxVal)) {
    throw new ArgumentError(
      `hardtanh: minVal ${minVal} and maxVal ${maxVal} were given; minVal must not exceed maxVal; swap them.`,
    );
  }
  return hardtanhOp.run([x], { minVal, maxVal })[0];
}
