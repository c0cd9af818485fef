import { ArgumentError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { inDoubles } from '../../kernels/math/lanes-math.ts';
import { normal } from '../../kernels/math/normal.ts';
import { logistic } from '../../kernels/math/sigmoid.ts';
import { add } from '../elementwise/add.ts';
import { defineUnary } from '../elementwise/define-elementwise.ts';
import { mul } from '../elementwise/mul.ts';
import { neg } from '../elementwise/neg.ts';
import { square } from '../elementwise/square.ts';
import { normalCdf, normalDensity } from './normal-cdf.ts';
import { sigmoid } from './sigmoid.ts';

export interface GeluOptions {
  /** The normal distribution itself, or the formula with tanh that stands for it in some models. @defaultValue `'none'` */
  readonly approximate?: 'none' | 'tanh';
}

// y = x P(x), with P and p the cumulative distribution and density of the standard normal: dx = dy (P(x) + x p(x)).
export const geluOp = /* @__PURE__ */ defineUnary({
  name: 'gelu',
  value: (f, L, x) => inDoubles(f, L, [x], (W, accuracy, v) => W.mul(v, normal(f, W, accuracy, v).below)),
  saved: 'x',
  slope: (f, L, dy, x) =>
    inDoubles(f, L, [dy, x], (W, accuracy, g, v) => {
      const { density, below } = normal(f, W, accuracy, v);
      return W.mul(g, W.fma(W.mul(v, W.const(1 / Math.sqrt(2 * Math.PI))), density, below));
    }),
  backward: (dy, x) => mul(dy, add(normalCdf(x), mul(x, normalDensity(x)))),
});

// (1 + tanh(u/2)) / 2 = s(u), the logistic function, which does not cancel below: y = x s(u), u = a x + b x^3, and
// dx = dy s(u) (1 + x u' s(-u)).
const a = 2 * Math.sqrt(2 / Math.PI);
const b = 0.044715 * a;
export const geluTanhOp = /* @__PURE__ */ defineUnary({
  name: 'geluTanh',
  value: (f, L, x) =>
    inDoubles(f, L, [x], (W, accuracy, v) => {
      const u = f.let(W.mul(v, W.fma(W.mul(v, v), W.const(b), W.const(a))));
      return W.mul(v, logistic(f, W, accuracy, u).up);
    }),
  saved: 'x',
  slope: (f, L, dy, x) =>
    inDoubles(f, L, [dy, x], (W, accuracy, g, v) => {
      const xx = f.let(W.mul(v, v));
      const { up, down } = logistic(f, W, accuracy, f.let(W.mul(v, W.fma(xx, W.const(b), W.const(a)))));
      const slope = W.fma(xx, W.const(3 * b), W.const(a));
      return W.mul(g, W.mul(up, W.fma(W.mul(slope, down), v, W.one)));
    }),
  backward(dy, x) {
    const xx = square(x);
    const u = mul(x, add(mul(xx, b), a));
    const slope = add(mul(xx, 3 * b), a);
    return mul(dy, mul(sigmoid(u), add(mul(mul(slope, sigmoid(neg(u))), x), 1)));
  },
});

/**
 * x times the probability that a standard normal number is below x (Hendrycks and Gimpel 2016, "Gaussian error linear units", section 2).
 *
 * @throws ArgumentError if `approximate` is neither 'none' nor 'tanh'.
 */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  const { approximate = 'none' } = requireOptions('gelu', options, 'approximate');
  if (approximate !== 'none' && approximate !== 'tanh') {
    throw new ArgumentError(`gelu: approximate is ${String(approximate)}; it must be 'none' or 'tanh'.`);
  }
  return (approximate === 'tanh' ? geluTanhOp : geluOp).run([x], undefined)[0];
}
