import type { Tensor } from '../../core/tensor.ts';
import * as kernels from '../../kernels/reduce.ts';
import { defineExtreme } from './amax.ts';
import { ofAnyDType, type ReduceOptions, reduced } from './reduction.ts';

export const aminOp = /* @__PURE__ */ defineExtreme('amin', kernels.min);

/**
 * The smallest value over `dim`; NaN wins. Equal ones share the gradient equally; where NaN won it is NaN.
 *
 * @throws ShapeError if there is none.
 */
export function amin(x: Tensor, options: ReduceOptions = {}): Tensor {
  return ofAnyDType(x, x.dtype, (values) => aminOp.run([values], reduced('amin', x, options))[0]);
}
