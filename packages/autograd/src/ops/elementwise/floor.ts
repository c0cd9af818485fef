import type { Tensor } from '../../core/tensor.ts';
import { defineStep } from './define-elementwise.ts';

export const floorOp = /* @__PURE__ */ defineStep('floor', (_f, L, x) => L.floor(x));

/** The largest integer not above x. Its derivative is 0. */
export function floor(x: Tensor): Tensor {
  return floorOp.run([x], undefined)[0];
}
