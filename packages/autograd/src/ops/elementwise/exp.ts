import type { Tensor } from '../../core/tensor.ts';
import { exp as expLanes } from '../../kernels/math/exp.ts';
import { defineUnary } from './define-elementwise.ts';
import { mul } from './mul.ts';

export const expOp = /* @__PURE__ */ defineUnary({
  name: 'exp',
  value: expLanes,
  saved: 'y',
  slope: (_f, L, dy, y) => L.mul(dy, y),
  backward: (dy, y) => mul(dy, y),
});

/** e^x, within 1 ulp in float32 and 2 in float64. */
export function exp(x: Tensor): Tensor {
  return expOp.run([x], undefined)[0];
}
