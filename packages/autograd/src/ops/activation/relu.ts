import { constant } from '../../core/create.ts';
import type { Tensor } from '../../core/tensor.ts';
import { v128 } from '../../runtime/instructions.ts';
import { gt } from '../elementwise/compare.ts';
import { defineUnary } from '../elementwise/define-elementwise.ts';
import { where } from '../elementwise/where.ts';

export const reluOp = /* @__PURE__ */ defineUnary({
  name: 'relu',
  value: (_f, L, x) => L.max(x, L.zero),
  saved: 'y',
  slope: (_f, L, dy, y) => v128.and(dy, L.gt(y, L.zero)),
  backward: (dy, y) => where(gt(y, 0), dy, constant(0, dy.dtype)),
});

/** max(x, 0). Its derivative at 0 is taken as 0; NaN stays NaN. */
export function relu(x: Tensor): Tensor {
  return reluOp.run([x], undefined)[0];
}
