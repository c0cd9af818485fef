import { addr, defineOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { broadcastShapes } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { TernaryKernel } from '../../kernels/broadcast.ts';
import { perFloat } from '../../runtime/kernel.ts';
import { cast } from '../elementwise/cast.ts';
import { mul } from '../elementwise/mul.ts';
import { neg } from '../elementwise/neg.ts';
import { sub } from '../elementwise/sub.ts';
import { sumTo } from '../reduce/sum-to.ts';
import { center } from './center.ts';

const kernels = /* @__PURE__ */ perFloat(
  (dtype) =>
    new TernaryKernel(
      'normalizeWith',
      { compute: 'float64', inputs: [dtype, 'float64', 'float64'], output: dtype },
      (_f, L, x, mean, rstd) => L.mul(L.sub(x, mean), rstd),
    ),
);

// y = (x - mean) rstd: dx = dy rstd, dmean = -sum(dy rstd) and drstd = sum(dy (x - mean)), over what was broadcast.
export const normalizeWithOp = /* @__PURE__ */ defineOp<readonly ['x', 'mean', 'rstd'], readonly ['y'], undefined>({
  name: 'normalizeWith',
  inputs: ['x', 'mean', 'rstd'],
  outputs: ['y'],
  mixed: true,
  infer([x, mean, rstd]) {
    const shape = broadcastShapes('normalizeWith', broadcastShapes('normalizeWith', x.shape, mean.shape), rstd.shape);
    return [{ shape, dtype: requireFloat('normalizeWith', 'x', x.dtype) }];
  },
  forward([x, mean, rstd], [y]) {
    kernels[y.dtype as FloatType].run(addr(x), x.shape, addr(mean), mean.shape, addr(rstd), rstd.shape, addr(y), y.shape);
  },
  backward({ inputs: [x, mean, rstd] }, [dy]) {
    const dx = (): Tensor => mul(dy, cast(rstd, dy.dtype));
    return {
      x: () => sumTo(dx(), x.shape),
      mean: () => neg(sumTo(cast(dx(), mean.dtype), mean.shape)),
      rstd: () => sumTo(cast(mul(dy, center(x, mean)), rstd.dtype), rstd.shape),
    };
  },
  reference: ([x, mean, rstd]) => cast(mul(sub(cast(x, 'float64'), mean), rstd), x.dtype),
});

/**
 * (x - mean) rstd with statistics in float64, which broadcast; rounded once to the dtype of x.
 *
 * @param mean - of any float dtype; float64 as `moments` gives it keeps its accuracy.
 */
export function normalizeWith(x: Tensor, mean: Tensor, rstd: Tensor): Tensor {
  return normalizeWithOp.run([x, cast(mean, 'float64'), cast(rstd, 'float64')], undefined)[0];
}
