import type { Tensor } from '../../core/tensor.ts';
import { defineUnary } from './define-elementwise.ts';

export const negOp = /* @__PURE__ */ defineUnary({
  name: 'neg',
  value: (_f, L, x) => L.neg(x),
  saved: 'x',
  slope: (_f, L, dy) => L.neg(dy),
  backward: (dy) => neg(dy),
});

/** -x */
export function neg(x: Tensor): Tensor {
  return negOp.run([x], undefined)[0];
}
