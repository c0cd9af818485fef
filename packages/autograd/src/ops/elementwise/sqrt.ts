import type { Tensor } from '../../core/tensor.ts';
import { defineUnary } from './define-elementwise.ts';
import { div } from './div.ts';
import { mul } from './mul.ts';

export const sqrtOp = /* @__PURE__ */ defineUnary({
  name: 'sqrt',
  value: (_f, L, x) => L.sqrt(x),
  saved: 'y',
  slope: (_f, L, dy, y) => L.div(L.mul(dy, L.const(0.5)), y),
  backward: (dy, y) => div(mul(dy, 0.5), y),
});

/** The square root; its derivative at 0 is infinite. */
export function sqrt(x: Tensor): Tensor {
  return sqrtOp.run([x], undefined)[0];
}
