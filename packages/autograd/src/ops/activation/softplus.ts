import { ArgumentError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { inDoubles } from '../../kernels/math/lanes-math.ts';
import { logistic } from '../../kernels/math/sigmoid.ts';
import { softplus as softplusLanes } from '../../kernels/math/softplus.ts';
import { gt } from '../elementwise/compare.ts';
import { defineUnary } from '../elementwise/define-elementwise.ts';
import { mul } from '../elementwise/mul.ts';
import { where } from '../elementwise/where.ts';
import { sigmoid } from './sigmoid.ts';

export interface SoftplusOptions {
  /** How sharp the bend is. @defaultValue `1` */
  readonly beta?: number;
  /** The function is x itself where beta x is larger. @defaultValue `20` */
  readonly threshold?: number;
}

// y = log(1 + e^z) / beta with z = beta x: dx = dy s(z), s the logistic function.
export const softplusOp = /* @__PURE__ */ defineUnary<Required<SoftplusOptions>>({
  name: 'softplus',
  scalars: [({ beta }) => beta, ({ threshold }) => threshold],
  value: (f, L, x, beta, threshold) =>
    inDoubles(f, L, [x, beta!, threshold!], (W, accuracy, v, factor, limit) => {
      const z = f.let(W.mul(v, factor));
      return W.select(W.gt(z, limit), v, W.div(softplusLanes(f, W, accuracy, z), factor));
    }),
  saved: 'x',
  slope: (f, L, dy, x, beta, threshold) =>
    inDoubles(f, L, [dy, x, beta!, threshold!], (W, accuracy, g, v, factor, limit) => {
      const z = f.let(W.mul(v, factor));
      return W.select(W.gt(z, limit), g, W.mul(g, logistic(f, W, accuracy, z).up));
    }),
  backward(dy, x, { beta, threshold }) {
    const z = mul(x, beta);
    return where(gt(z, threshold), dy, mul(dy, sigmoid(z)));
  },
});

/**
 * log(1 + e^(beta x)) / beta, a smooth relu; x itself where beta x exceeds `threshold`, with slope 1 and second derivative 0.
 *
 * @throws ArgumentError if beta is 0 or not finite, or the threshold NaN.
 */
export function softplus(x: Tensor, options: SoftplusOptions = {}): Tensor {
  const { beta = 1, threshold = 20 } = requireOptions('softplus', options, 'beta, threshold');
  if (beta === 0 || !Number.isFinite(beta))
    throw new ArgumentError(`softplus: beta is ${beta}; it must be a finite number other than 0.`);
  if (Number.isNaN(threshold)) throw new ArgumentError('softplus: threshold is NaN; it must be a number.');
  return softplusOp.run([x], { beta, threshold })[0];
}
