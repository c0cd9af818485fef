import type { Tensor } from '../../core/tensor.ts';
import { cos as cosLanes } from '../../kernels/math/cos.ts';
import { sin as sinLanes } from '../../kernels/math/sin.ts';
import { defineUnary } from './define-elementwise.ts';
import { mul } from './mul.ts';
import { neg } from './neg.ts';
import { sin } from './sin.ts';

export const cosOp = /* @__PURE__ */ defineUnary({
  name: 'cos',
  value: cosLanes,
  saved: 'x',
  slope: (f, L, dy, x) => L.neg(L.mul(dy, sinLanes(f, L, x))),
  backward: (dy, x) => neg(mul(dy, sin(x))),
});

/** The cosine of x in radians. */
export function cos(x: Tensor): Tensor {
  return cosOp.run([x], undefined)[0];
}
