import type { Tensor } from '../../core/tensor.ts';
import { abs } from '../elementwise/abs.ts';
import { add } from '../elementwise/add.ts';
import { defineUnary } from '../elementwise/define-elementwise.ts';
import { div } from '../elementwise/div.ts';
import { square } from '../elementwise/square.ts';

// y = x / (1 + |x|): dx = dy / (1 + |x|)^2. Of y it would be dy (1 - |y|)^2, which cancels where |y| is near 1.
export const softsignOp = /* @__PURE__ */ defineUnary({
  name: 'softsign',
  value: (f, L, x) => {
    const value = f.let(x);
    return L.div(value, L.add(L.one, L.abs(value)));
  },
  saved: 'x',
  slope: (f, L, dy, x) => {
    const scale = f.let(L.div(L.one, L.add(L.one, L.abs(x))));
    return L.mul(L.mul(dy, scale), scale);
  },
  backward: (dy, x) => div(dy, square(add(abs(x), 1))),
});

/** x / (1 + |x|), from -1 to 1 as tanh; its slope falls off as 1 / x^2, not exponentially. */
export function softsign(x: Tensor): Tensor {
  return softsignOp.run([x], undefined)[0];
}
