import { addr, defineOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { normalizeDim, reducedShape, showShape, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { argmax as argmaxKernel } from '../../kernels/reduce-index.ts';

export const argmaxOp = /* @__PURE__ */ defineOp<
  readonly ['x#'],
  readonly ['index'],
  { readonly dim: number; readonly keepdim: boolean }
>({
  name: 'argmax',
  inputs: ['x#'],
  outputs: ['index'],
  infer([x], { dim, keepdim }) {
    requireFloat('argmax', 'x', x.dtype);
    if (x.shape[dim] === 0)
      throw new ShapeError(`argmax: dim ${dim} of x ${showShape(x.shape)} has size 0; there must be at least one element.`);
    return [{ shape: reducedShape(x.shape, [dim], keepdim), dtype: 'int32' }];
  },
  forward([x], [index], { dim }) {
    const inner = sizeOf(x.shape.slice(dim + 1));
    argmaxKernel(x.dtype as FloatType, addr(x), sizeOf(x.shape.slice(0, dim)), x.shape[dim]!, inner, addr(index));
  },
  backward: () => ({}),
});

/** The index of the largest element along `dim`, int32; the first of equal ones, and NaN is the largest. */
export function argmax(x: Tensor, options: { readonly dim: number; readonly keepdim?: boolean }): Tensor {
  return argmaxOp.run([x], { dim: normalizeDim('argmax', options.dim, x.rank), keepdim: options.keepdim ?? false })[0];
}
