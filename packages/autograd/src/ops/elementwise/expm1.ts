import type { Tensor } from '../../core/tensor.ts';
import { exp as expLanes } from '../../kernels/math/exp.ts';
import { expm1 as expm1Lanes } from '../../kernels/math/expm1.ts';
import { defineUnary } from './define-elementwise.ts';
import { exp } from './exp.ts';
import { mul } from './mul.ts';

// dx = dy e^x. Of y it would be dy (y + 1), which is 0 from x = -37 down.
export const expm1Op = /* @__PURE__ */ defineUnary({
  name: 'expm1',
  value: expm1Lanes,
  saved: 'x',
  slope: (f, L, dy, x) => L.mul(dy, expLanes(f, L, x)),
  backward: (dy, x) => mul(dy, exp(x)),
});

/** e^x - 1, exact to the last digits near 0 too. */
export function expm1(x: Tensor): Tensor {
  return expm1Op.run([x], undefined)[0];
}
