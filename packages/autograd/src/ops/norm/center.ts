import { addr, defineOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { broadcastShapes } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { BinaryKernel } from '../../kernels/broadcast.ts';
import { perFloat } from '../../runtime/kernel.ts';
import { cast } from '../elementwise/cast.ts';
import { neg } from '../elementwise/neg.ts';
import { sumTo } from '../reduce/sum-to.ts';

const kernels = /* @__PURE__ */ perFloat(
  (dtype) =>
    new BinaryKernel('center', { compute: 'float64', inputs: [dtype, 'float64'], output: dtype }, (_f, L, x, mean) =>
      L.sub(x, mean),
    ),
);

export const centerOp = /* @__PURE__ */ defineOp<readonly ['x', 'mean'], readonly ['y'], undefined>({
  name: 'center',
  inputs: ['x', 'mean'],
  outputs: ['y'],
  mixed: true,
  infer: ([x, mean]) => [{ shape: broadcastShapes('center', x.shape, mean.shape), dtype: requireFloat('center', 'x', x.dtype) }],
  forward([x, mean], [y]) {
    kernels[y.dtype as FloatType].run(addr(x), x.shape, addr(mean), mean.shape, addr(y), y.shape);
  },
  backward: ({ inputs: [x, mean] }, [dy]) => ({
    x: () => sumTo(dy, x.shape),
    mean: () => neg(sumTo(cast(dy, mean.dtype), mean.shape)),
  }),
});

/** x - mean with a float64 mean, rounded once to the dtype of x: exact to half an ulp however large the mean is. */
export function center(x: Tensor, mean: Tensor): Tensor {
  return centerOp.run([x, cast(mean, 'float64')], undefined)[0];
}
