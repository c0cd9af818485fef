import type { Tensor } from '../../core/tensor.ts';
import { argmin as argminKernel } from '../../kernels/reduce-index.ts';
import { type ArgOptions, defineArg, search } from './argmax.ts';

export const argminOp = /* @__PURE__ */ defineArg('argmin', argminKernel);

/**
 * The index of the smallest element along `dim`, int32; the first of equal ones, and NaN is the smallest.
 *
 * @throws ShapeError if there is none.
 */
export function argmin(x: Tensor, options: ArgOptions = {}): Tensor {
  return search(argminOp, x, options);
}
