import type { Tensor } from '../../core/tensor.ts';
import { defineStep } from './define-elementwise.ts';

export const roundOp = /* @__PURE__ */ defineStep('round', (_f, L, x) => L.nearest(x));

/** The nearest integer to x, of two the even one. Its derivative is 0. */
export function round(x: Tensor): Tensor {
  return roundOp.run([x], undefined)[0];
}
