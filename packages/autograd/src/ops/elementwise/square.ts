import type { Tensor } from '../../core/tensor.ts';
import { defineUnary } from './define-elementwise.ts';
import { mul } from './mul.ts';

export const squareOp = /* @__PURE__ */ defineUnary({
  name: 'square',
  value: (f, L, x) => {
    const value = f.let(x);
    return L.mul(value, value);
  },
  saved: 'x',
  slope: (_f, L, dy, x) => L.mul(L.mul(dy, x), L.const(2)),
  backward: (dy, x) => mul(mul(dy, x), 2),
});

/** x^2 */
export function square(x: Tensor): Tensor {
  return squareOp.run([x], undefined)[0];
}
