import { addr, defineOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { requireOptions } from '../../core/given.ts';
import { normalizeDim, reducedShape, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { argmax as argmaxKernel } from '../../kernels/reduce-index.ts';
import { reshape } from '../shape/reshape.ts';
import { ofAnyDType, requireElements } from './reduction.ts';

export interface ArgOptions {
  /** The dimension to search. @defaultValue all, as one: the index is that in row-major order */
  readonly dim?: number | undefined;
  /** Whether what was searched stays, with size 1. @defaultValue `false` */
  readonly keepdim?: boolean;
}

export function defineArg(name: 'argmax' | 'argmin', kernel: typeof argmaxKernel) {
  return defineOp<readonly ['x#'], readonly ['index'], { readonly dim: number; readonly keepdim: boolean }>({
    name,
    inputs: ['x#'],
    outputs: ['index'],
    infer([x], { dim, keepdim }) {
      requireFloat(name, 'x', x.dtype);
      requireElements(name, x, [dim]);
      return [{ shape: reducedShape(x.shape, [dim], keepdim), dtype: 'int32' }];
    },
    forward([x], [index], { dim }) {
      kernel(x.dtype as FloatType, addr(x), sizeOf(x.shape, 0, dim), x.shape[dim]!, sizeOf(x.shape, dim + 1), addr(index));
    },
    backward: () => ({}),
  });
}

/** Runs such an op along one dimension, or over all of x. */
export function search(op: ReturnType<typeof defineArg>, x: Tensor, options: ArgOptions): Tensor {
  const { dim, keepdim = false } = requireOptions(op.name, options, 'dim, keepdim');
  return ofAnyDType(x, 'int32', (values) => {
    if (dim !== undefined) return op.run([values], { dim: normalizeDim(op.name, dim, x.rank), keepdim })[0];
    const [index] = op.run([reshape(values, [x.size])], { dim: 0, keepdim });
    return keepdim
      ? reshape(
          index,
          x.shape.map(() => 1),
        )
      : index;
  });
}

export const argmaxOp = /* @__PURE__ */ defineArg('argmax', argmaxKernel);

/**
 * The index of the largest element along `dim`, int32; the first of equal ones, and NaN is the largest.
 *
 * @throws ShapeError if there is none.
 */
export function argmax(x: Tensor, options: ArgOptions = {}): Tensor {
  return search(argmaxOp, x, options);
}
