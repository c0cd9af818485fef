import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { exp as expLanes } from '../../kernels/math/exp.ts';
import { expm1 } from '../../kernels/math/expm1.ts';
import { ge, gt } from '../elementwise/compare.ts';
import { defineUnary, type UnaryOp } from '../elementwise/define-elementwise.ts';
import { exp } from '../elementwise/exp.ts';
import { mul } from '../elementwise/mul.ts';
import { where } from '../elementwise/where.ts';

export interface EluOptions {
  /** Minus the limit at -Infinity. @defaultValue `1` */
  readonly alpha?: number;
}

/** Slopes at +0, and from below at 0. */
export interface EluScales {
  readonly above: number;
  readonly below: number;
}

/** above x where x > 0, below (e^x - 1) elsewhere; at 0 the slope is that from below, and the second derivative 0. */
export function defineElu(name: string): UnaryOp<EluScales> {
  return defineUnary<EluScales>({
    name,
    scalars: [({ above }) => above, ({ below }) => below],
    value(f, L, x, above, below) {
      const value = f.let(x);
      return L.select(L.gt(value, L.zero), L.mul(value, above!), L.mul(expm1(f, L, value), below!));
    },
    saved: 'x',
    slope(f, L, dy, x, above, below) {
      const value = f.let(x);
      return L.mul(dy, f.let(L.select(L.gt(value, L.zero), above!, L.mul(expLanes(f, L, value), below!))));
    },
    // The exponential is that of min(x, 0): what it would be above must not overflow, not even where it is not taken.
    backward: (dy, x, { above, below }) => mul(dy, where(gt(x, 0), above, mul(exp(where(ge(x, 0), 0, x)), below))),
  });
}

export const eluOp = /* @__PURE__ */ defineElu('elu');

/** x where x > 0, alpha (e^x - 1) elsewhere (Clevert et al. 2016, "Exponential linear units", eq. 15). */
export function elu(x: Tensor, options: EluOptions = {}): Tensor {
  const { alpha = 1 } = requireOptions('elu', options, 'alpha');
  return eluOp.run([x], { above: 1, below: alpha })[0];
}
