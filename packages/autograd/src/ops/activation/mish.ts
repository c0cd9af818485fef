import type { Tensor } from '../../core/tensor.ts';
import { expTo } from '../../kernels/math/exp.ts';
import { inDoubles, type Register } from '../../kernels/math/lanes-math.ts';
import type { V128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { FloatType, Lanes } from '../../runtime/lanes.ts';
import { add } from '../elementwise/add.ts';
import { defineUnary } from '../elementwise/define-elementwise.ts';
import { mul } from '../elementwise/mul.ts';
import { square } from '../elementwise/square.ts';
import { sub } from '../elementwise/sub.ts';
import { sigmoid } from './sigmoid.ts';
import { softplus } from './softplus.ts';
import { tanh } from './tanh.ts';

/**
 * tanh(log(1 + e^x)) = n / d and the derivative of that, w / d^2. With E = e^-|x|, so that nothing overflows, and of positive terms only:
 * below 0 n = E^2 + 2E, d = n + 2, w = 4 E (1 + E); above n = 1 + 2E, d = n + 2E^2, w = 4 E^2 (1 + E).
 */
function quotient(f: Func, L: Lanes, accuracy: FloatType, x: Register): { n: V128; d: Register; w: V128 } {
  const E = expTo(f, L, accuracy, L.neg(L.abs(x)));
  const negative = f.let(L.lt(x, L.zero));
  const double = f.let(L.add(E, E));
  const n = f.let(L.add(L.select(negative, L.mul(E, E), L.one), double));
  const d = f.let(L.add(n, L.select(negative, L.const(2), L.mul(double, E))));
  const w = L.mul(L.mul(double, L.select(negative, L.const(2), double)), L.add(L.one, E));
  return { n, d, w };
}

export const mishOp = /* @__PURE__ */ defineUnary({
  name: 'mish',
  value: (f, L, x) =>
    inDoubles(f, L, [x], (W, accuracy, v) => {
      const { n, d } = quotient(f, W, accuracy, v);
      return W.mul(v, W.div(n, d));
    }),
  saved: 'x',
  slope: (f, L, dy, x) =>
    inDoubles(f, L, [dy, x], (W, accuracy, g, v) => {
      const { n, d, w } = quotient(f, W, accuracy, v);
      return W.mul(g, W.div(W.fma(v, W.div(w, d), n), d));
    }),
  // With t = tanh(softplus(x)): dx = dy (t + x (1 - t^2) s(x)).
  backward(dy, x) {
    const t = tanh(softplus(x));
    return mul(dy, add(t, mul(x, mul(sub(1, square(t)), sigmoid(x)))));
  },
});

/** x tanh(log(1 + e^x)) (Misra 2020, "Mish: a self regularized non-monotonic activation function", eq. 1). */
export function mish(x: Tensor): Tensor {
  return mishOp.run([x], undefined)[0];
}
