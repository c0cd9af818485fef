import type { Tensor } from '../../core/tensor.ts';
import { v128 } from '../../runtime/instructions.ts';
import { abs } from '../elementwise/abs.ts';
import { lt } from '../elementwise/compare.ts';
import { defineUnary } from '../elementwise/define-elementwise.ts';
import { div } from '../elementwise/div.ts';
import { where } from '../elementwise/where.ts';

export const hardsigmoidOp = /* @__PURE__ */ defineUnary({
  name: 'hardsigmoid',
  value: (_f, L, x) => L.div(L.pmin(L.pmax(L.add(x, L.const(3)), L.zero), L.const(6)), L.const(6)),
  saved: 'x',
  slope: (_f, L, dy, x) => v128.and(L.div(dy, L.const(6)), L.lt(L.abs(x), L.const(3))),
  backward: (dy, x) => where(lt(abs(x), 3), div(dy, 6), 0),
});

/** min(max(x + 3, 0), 6) / 6, the logistic function of straight lines. Its derivative at -3 and at 3 is taken as 0. */
export function hardsigmoid(x: Tensor): Tensor {
  return hardsigmoidOp.run([x], undefined)[0];
}
