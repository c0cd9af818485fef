import { requireOptions } from '../../core/given.ts';
import type { Size2d } from '../../core/per-axis.ts';
import type { Tensor } from '../../core/tensor.ts';
import type { AvgPool1dOptions } from './avg-pool1d.ts';
import { avgPool } from './box-mean.ts';

/** Those of `avgPool1d`, each size one for both dimensions or [height, width]. */
export type AvgPool2dOptions = AvgPool1dOptions<Size2d>;

/**
 * The mean of each window along the last two dimensions.
 *
 * @param x - [N, C, H, W] or [C, H, W]
 * @returns [N, C, H', W'], each size floor((size + 2 padding - kernelSize) / stride) + 1, or with `ceilMode` rounded up
 * @throws ShapeError if the kernel does not fit into x; ArgumentError for an option outside its range.
 */
export function avgPool2d(x: Tensor, kernelSize: Size2d, options: AvgPool2dOptions = {}): Tensor {
  requireOptions('avgPool2d', options, 'stride, padding, ceilMode, countIncludePad');
  return avgPool('avgPool2d', 2, x, kernelSize, options);
}
