import type { Tensor } from '../../core/tensor.ts';
import { v128 } from '../../runtime/instructions.ts';
import { le } from '../elementwise/compare.ts';
import { defineUnary } from '../elementwise/define-elementwise.ts';
import { where } from '../elementwise/where.ts';

export const reluOp = /* @__PURE__ */ defineUnary({
  name: 'relu',
  value: (_f, L, x) => L.pmax(x, L.zero), // x < 0 ? 0 : x
  saved: 'y',
  slope: (_f, L, dy, y) => v128.andnot(dy, L.le(y, L.zero)),
  backward: (dy, y) => where(le(y, 0), 0, dy),
});

/** max(x, 0). Its derivative at 0 is taken as 0; NaN stays NaN and lets the gradient through. */
export function relu(x: Tensor): Tensor {
  return reluOp.run([x], undefined)[0];
}
