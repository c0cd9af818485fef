import type { Tensor } from '../../core/tensor.ts';
import { defineUnary } from './define-elementwise.ts';
import { mul } from './mul.ts';
import { neg } from './neg.ts';

export const reciprocalOp = /* @__PURE__ */ defineUnary({
  name: 'reciprocal',
  value: (_f, L, x) => L.div(L.one, x),
  saved: 'y',
  slope: (f, L, dy, y) => {
    const value = f.let(y);
    return L.neg(L.mul(dy, L.mul(value, value)));
  },
  backward: (dy, y) => neg(mul(dy, mul(y, y))),
});

/** 1 / x */
export function reciprocal(x: Tensor): Tensor {
  return reciprocalOp.run([x], undefined)[0];
}
