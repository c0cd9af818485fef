import { addr, addrEnd, defineOp } from '../../core/define-op.ts';
import { type DType, isFloat, requireDType } from '../../core/dtype.ts';
import type { Tensor } from '../../core/tensor.ts';
import { castKernel } from '../../kernels/cast.ts';

export const castOp = /* @__PURE__ */ defineOp<readonly ['x'], readonly ['y'], { readonly dtype: DType }>({
  name: 'cast',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x], { dtype }) => [{ shape: x.shape, dtype: requireDType('cast', dtype) }],
  forward([x], [y]) {
    castKernel(x.dtype, y.dtype).run(addr(x), addr(y), addrEnd(y));
  },
  backward: ({ inputs: [x] }, [dy]) => ({ x: () => cast(dy, x.dtype) }),
});

/**
 * x in another dtype; x itself if it is of that dtype already. Floats become int32 by rounding toward 0 (saturating, NaN to 0), and bool
 * where they are not 0. Integer results carry no gradient.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  return castOp.run([isFloat(dtype) ? x : x.detach()], { dtype })[0];
}
