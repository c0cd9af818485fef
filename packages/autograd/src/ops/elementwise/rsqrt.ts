import type { Tensor } from '../../core/tensor.ts';
import { rsqrt as rsqrtLanes } from '../../kernels/math/rsqrt.ts';
import { defineUnary } from './define-elementwise.ts';
import { mul } from './mul.ts';

export const rsqrtOp = /* @__PURE__ */ defineUnary({
  name: 'rsqrt',
  value: rsqrtLanes,
  saved: 'y',
  slope: (f, L, dy, y) => {
    const value = f.let(y);
    return L.mul(L.mul(dy, L.const(-0.5)), L.mul(value, L.mul(value, value)));
  },
  backward: (dy, y) => mul(mul(dy, -0.5), mul(y, mul(y, y))),
});

/** 1 / sqrt(x) */
export function rsqrt(x: Tensor): Tensor {
  return rsqrtOp.run([x], undefined)[0];
}
