import type { Tensor } from '../../core/tensor.ts';
import { inDoubles } from '../../kernels/math/lanes-math.ts';
import { logistic } from '../../kernels/math/sigmoid.ts';
import { add } from '../elementwise/add.ts';
import { defineUnary } from '../elementwise/define-elementwise.ts';
import { mul } from '../elementwise/mul.ts';
import { neg } from '../elementwise/neg.ts';
import { sigmoid } from './sigmoid.ts';

// y = x s(x) with s the logistic function: dx = dy s(x) (1 + x s(-x)).
export const siluOp = /* @__PURE__ */ defineUnary({
  name: 'silu',
  value: (f, L, x) => inDoubles(f, L, [x], (W, accuracy, v) => W.mul(v, logistic(f, W, accuracy, v).up)),
  saved: 'x',
  slope: (f, L, dy, x) =>
    inDoubles(f, L, [dy, x], (W, accuracy, g, v) => {
      const { up, down } = logistic(f, W, accuracy, v);
      return W.mul(g, W.mul(up, W.fma(v, down, W.one)));
    }),
  backward: (dy, x) => mul(dy, mul(sigmoid(x), add(mul(x, sigmoid(neg(x))), 1))),
});

/** x / (1 + e^-x), also called swish (Elfwing et al. 2018, "Sigmoid-weighted linear units", eq. 2). */
export function silu(x: Tensor): Tensor {
  return siluOp.run([x], undefined)[0];
}
