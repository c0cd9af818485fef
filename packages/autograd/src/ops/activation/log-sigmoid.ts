import type { Tensor } from '../../core/tensor.ts';
import { inDoubles } from '../../kernels/math/lanes-math.ts';
import { logistic } from '../../kernels/math/sigmoid.ts';
import { softplus } from '../../kernels/math/softplus.ts';
import { defineUnary } from '../elementwise/define-elementwise.ts';
import { mul } from '../elementwise/mul.ts';
import { neg } from '../elementwise/neg.ts';
import { sigmoid } from './sigmoid.ts';

// y = -log(1 + e^-x): dx = dy s(-x), s the logistic function.
export const logSigmoidOp = /* @__PURE__ */ defineUnary({
  name: 'logSigmoid',
  value: (f, L, x) => inDoubles(f, L, [x], (W, accuracy, v) => W.neg(softplus(f, W, accuracy, W.neg(v)))),
  saved: 'x',
  slope: (f, L, dy, x) => inDoubles(f, L, [dy, x], (W, accuracy, g, v) => W.mul(g, logistic(f, W, accuracy, v).down)),
  backward: (dy, x) => mul(dy, sigmoid(neg(x))),
});

/** log(sigmoid(x)), which neither underflows below nor loses its small values above. */
export function logSigmoid(x: Tensor): Tensor {
  return logSigmoidOp.run([x], undefined)[0];
}
