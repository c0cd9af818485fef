import type { Tensor } from '../../core/tensor.ts';
import { v128 } from '../../runtime/instructions.ts';
import { defineStep } from './define-elementwise.ts';

export const signOp = /* @__PURE__ */ defineStep('sign', (f, L, x) => {
  const value = f.let(x);
  return L.sub(v128.and(L.one, L.gt(value, L.zero)), v128.and(L.one, L.lt(value, L.zero)));
});

/** 1 above 0, -1 below; 0 at 0 and for NaN. Its derivative is 0. */
export function sign(x: Tensor): Tensor {
  return signOp.run([x], undefined)[0];
}
