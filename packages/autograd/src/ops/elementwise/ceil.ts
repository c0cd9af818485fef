import type { Tensor } from '../../core/tensor.ts';
import { defineStep } from './define-elementwise.ts';

export const ceilOp = /* @__PURE__ */ defineStep('ceil', (_f, L, x) => L.ceil(x));

/** The smallest integer not below x. Its derivative is 0. */
export function ceil(x: Tensor): Tensor {
  return ceilOp.run([x], undefined)[0];
}
