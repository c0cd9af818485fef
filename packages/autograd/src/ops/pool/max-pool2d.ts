import { requireOptions } from '../../core/given.ts';
import type { Size2d } from '../../core/per-axis.ts';
import type { Tensor } from '../../core/tensor.ts';
import { defineMaxPool, maxPool } from './define-max-pool.ts';
import type { MaxPool1dOptions } from './max-pool1d.ts';

/** Those of `maxPool1d`, each size one for both dimensions or [height, width]. */
export type MaxPool2dOptions = MaxPool1dOptions<Size2d>;

export const maxPool2dOp = /* @__PURE__ */ defineMaxPool('maxPool2d');

/**
 * The largest element of each window along the last two dimensions. NaN wins; the first of equals, row by row, takes the gradient.
 *
 * @param x - [N, C, H, W] or [C, H, W]
 * @returns [N, C, H', W'], each size floor((size + 2 padding - dilation (kernelSize - 1) - 1) / stride) + 1, or with `ceilMode` rounded up
 * @throws ShapeError if the kernel does not fit into x; ArgumentError for an option outside its range.
 */
export function maxPool2d(x: Tensor, kernelSize: Size2d, options: MaxPool2dOptions = {}): Tensor {
  requireOptions('maxPool2d', options, 'stride, padding, dilation, ceilMode');
  return maxPool(maxPool2dOp, 2, x, kernelSize, options);
}
