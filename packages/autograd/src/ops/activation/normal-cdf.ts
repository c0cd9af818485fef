import type { Tensor } from '../../core/tensor.ts';
import { inDoubles } from '../../kernels/math/lanes-math.ts';
import { normal } from '../../kernels/math/normal.ts';
import { defineUnary } from '../elementwise/define-elementwise.ts';
import { exp } from '../elementwise/exp.ts';
import { mul } from '../elementwise/mul.ts';
import { square } from '../elementwise/square.ts';

const factor = 1 / Math.sqrt(2 * Math.PI);

/** The density of the standard normal distribution, of ops. */
export function normalDensity(x: Tensor): Tensor {
  return mul(exp(mul(square(x), -0.5)), factor);
}

export const normalCdfOp = /* @__PURE__ */ defineUnary({
  name: 'normalCdf',
  value: (f, L, x) => inDoubles(f, L, [x], (W, accuracy, v) => normal(f, W, accuracy, v).below),
  saved: 'x',
  slope: (f, L, dy, x) =>
    inDoubles(f, L, [dy, x], (W, accuracy, g, v) => W.mul(g, W.mul(normal(f, W, accuracy, v).density, W.const(factor)))),
  backward: (dy, x) => mul(dy, normalDensity(x)),
});

/** The probability that a standard normal number is below x. Its lower tail keeps its relative accuracy. */
export function normalCdf(x: Tensor): Tensor {
  return normalCdfOp.run([x], undefined)[0];
}
