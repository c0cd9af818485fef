import type { Tensor } from '../../core/tensor.ts';
import { cos as cosLanes } from '../../kernels/math/cos.ts';
import { sin as sinLanes } from '../../kernels/math/sin.ts';
import { cos } from './cos.ts';
import { defineUnary } from './define-elementwise.ts';
import { mul } from './mul.ts';

export const sinOp = /* @__PURE__ */ defineUnary({
  name: 'sin',
  value: sinLanes,
  saved: 'x',
  slope: (f, L, dy, x) => L.mul(dy, cosLanes(f, L, x)),
  backward: (dy, x) => mul(dy, cos(x)),
});

/** The sine of x in radians. */
export function sin(x: Tensor): Tensor {
  return sinOp.run([x], undefined)[0];
}
