import type { Tensor } from '../../core/tensor.ts';
import { sigmoid as sigmoidLanes } from '../../kernels/math/sigmoid.ts';
import { defineUnary } from '../elementwise/define-elementwise.ts';
import { mul } from '../elementwise/mul.ts';
import { sub } from '../elementwise/sub.ts';

export const sigmoidOp = /* @__PURE__ */ defineUnary({
  name: 'sigmoid',
  value: sigmoidLanes,
  saved: 'y',
  slope: (f, L, dy, y) => {
    const value = f.let(y);
    return L.mul(dy, L.mul(value, L.sub(L.one, value)));
  },
  backward: (dy, y) => mul(dy, sub(y, mul(y, y))),
});

/** The logistic function 1 / (1 + e^-x). */
export function sigmoid(x: Tensor): Tensor {
  return sigmoidOp.run([x], undefined)[0];
}
