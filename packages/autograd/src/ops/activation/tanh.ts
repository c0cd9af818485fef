import type { Tensor } from '../../core/tensor.ts';
import { tanh as tanhLanes } from '../../kernels/math/tanh.ts';
import { defineUnary } from '../elementwise/define-elementwise.ts';
import { mul } from '../elementwise/mul.ts';
import { sub } from '../elementwise/sub.ts';

export const tanhOp = /* @__PURE__ */ defineUnary({
  name: 'tanh',
  value: tanhLanes,
  saved: 'y',
  slope: (f, L, dy, y) => {
    const value = f.let(y);
    const slope = f.let(dy);
    return L.sub(slope, L.mul(slope, L.mul(value, value)));
  },
  backward: (dy, y) => sub(dy, mul(dy, mul(y, y))),
});

/** The hyperbolic tangent. */
export function tanh(x: Tensor): Tensor {
  return tanhOp.run([x], undefined)[0];
}
