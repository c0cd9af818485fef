import { addr, defineOp } from '../../core/define-op.ts';
import { bytesPerElement, type FloatType, requireFloat } from '../../core/dtype.ts';
import { requireOptions } from '../../core/given.ts';
import { normalizeDim, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { cumsum as cumsumKernel } from '../../kernels/cumsum.ts';
import { ofAnyDType } from './reduction.ts';

interface Direction {
  readonly dim: number;
  /** Whether the sums run from the last element to the first: the transpose of running forward. */
  readonly fromEnd: boolean;
}

export const cumsumOp = /* @__PURE__ */ defineOp<readonly ['x'], readonly ['y'], Direction>({
  name: 'cumsum',
  inputs: ['x'],
  outputs: ['y'],
  infer([x]) {
    requireFloat('cumsum', 'x', x.dtype);
    return [x];
  },
  forward([x], [y], { dim, fromEnd }) {
    const dtype = y.dtype as FloatType;
    const n = x.shape[dim]!;
    const inner = sizeOf(x.shape, dim + 1);
    const stride = inner * bytesPerElement(dtype);
    const start = fromEnd ? (n - 1) * stride : 0;
    const outer = sizeOf(x.shape, 0, dim);
    cumsumKernel[dtype].run(addr(x) + start, addr(y) + start, outer, n, inner, fromEnd ? -stride : stride);
  },
  backward: (_values, [dy], { dim, fromEnd }) => ({ x: () => run(dy, { dim, fromEnd: !fromEnd }) }),
});

const run = (x: Tensor, direction: Direction): Tensor => cumsumOp.run([x], direction)[0];

/** y with y[i] = x[0] + ... + x[i] along `dim`. float32 is summed with float64 accumulators; int32 and bool give int32. */
export function cumsum(x: Tensor, options: { readonly dim: number }): Tensor {
  const { dim } = requireOptions('cumsum', options, 'dim');
  const at = normalizeDim('cumsum', dim, x.rank);
  return ofAnyDType(x, 'int32', (values) => run(values, { dim: at, fromEnd: false }));
}
