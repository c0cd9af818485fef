import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { defineMaxPool, maxPool } from './define-max-pool.ts';

export interface MaxPool1dOptions<Size = number> {
  /** Steps between windows. @defaultValue the size of the kernel */
  readonly stride?: Size | undefined;
  /** Elements of -Infinity at each end, at most half of the kernel. @defaultValue `0` */
  readonly padding?: Size;
  /** Steps between the elements of a window. @defaultValue `1` */
  readonly dilation?: Size;
  /** Whether a last window may hang over the end, if it begins inside. @defaultValue `false` */
  readonly ceilMode?: boolean;
}

export const maxPool1dOp = /* @__PURE__ */ defineMaxPool('maxPool1d');

/**
 * The largest element of each window along the last dimension. NaN wins; the first of equals takes the gradient.
 *
 * @param x - [N, C, L] or [C, L]
 * @returns [N, C, floor((L + 2 padding - dilation (kernelSize - 1) - 1) / stride) + 1], or with `ceilMode` rounded up
 * @throws ShapeError if the kernel does not fit into x; ArgumentError for an option outside its range.
 */
export function maxPool1d(x: Tensor, kernelSize: number, options: MaxPool1dOptions = {}): Tensor {
  requireOptions('maxPool1d', options, 'stride, padding, dilation, ceilMode');
  return maxPool(maxPool1dOp, 1, x, kernelSize, options);
}
