import type { Tensor } from '../../core/tensor.ts';
import { gt, lt } from './compare.ts';
import { defineUnary } from './define-elementwise.ts';
import { mul } from './mul.ts';
import { neg } from './neg.ts';
import { where } from './where.ts';

export const absOp = /* @__PURE__ */ defineUnary({
  name: 'abs',
  value: (_f, L, x) => L.abs(x),
  saved: 'x',
  slope: (f, L, dy, x) => {
    const value = f.let(x);
    const slope = f.let(dy);
    return L.select(L.gt(value, L.zero), slope, L.select(L.lt(value, L.zero), L.neg(slope), L.mul(slope, value)));
  },
  backward: (dy, x) => where(gt(x, 0), dy, where(lt(x, 0), neg(dy), mul(dy, 0))),
});

/** |x|; its derivative at 0 is taken as 0. */
export function abs(x: Tensor): Tensor {
  return absOp.run([x], undefined)[0];
}
