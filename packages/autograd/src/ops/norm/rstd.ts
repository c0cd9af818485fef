import { addr, addrEnd, defineOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import type { Tensor } from '../../core/tensor.ts';
import { mapKernel } from '../../kernels/elementwise.ts';
import { v128 } from '../../runtime/instructions.ts';
import { mul } from '../elementwise/mul.ts';

const kernels = /* @__PURE__ */ mapKernel(
  'rstd',
  1,
  (f, L, variance, eps) => {
    const sum = f.let(L.add(variance, eps!));
    return v128.andnot(L.div(L.one, L.sqrt(sum)), L.eq(sum, L.zero));
  },
  1,
);

// r = (v + eps)^-1/2: dv = -r^3 dr / 2, which is 0 where r is.
export const rstdOp = /* @__PURE__ */ defineOp<readonly ['variance'], readonly ['rstd'], { readonly eps: number }>({
  name: 'rstd',
  inputs: ['variance'],
  outputs: ['rstd'],
  infer: ([variance]) => [{ shape: variance.shape, dtype: requireFloat('rstd', 'variance', variance.dtype) }],
  forward([variance], [y], { eps }) {
    kernels[y.dtype as FloatType].run(addr(variance), addr(y), addrEnd(y), eps);
  },
  backward: ({ outputs: [r] }, [dr]) => ({ variance: () => mul(mul(dr, -0.5), mul(r, mul(r, r))) }),
});

/** The reciprocal standard deviation 1 / sqrt(variance + eps); 0 where variance + eps = 0, so that a constant group normalizes to 0. */
export function rstd(variance: Tensor, eps: number): Tensor {
  return rstdOp.run([variance], { eps })[0];
}
