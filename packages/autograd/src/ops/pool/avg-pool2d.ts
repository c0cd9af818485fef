import type { Size2d } from '../../core/per-axis.ts';
import type { Tensor } from '../../core/tensor.ts';
import { avgPool } from './box-mean.ts';

export interface AvgPool2dOptions {
  /** Steps between windows. @defaultValue the size of the kernel */
  readonly stride?: Size2d | undefined;
  /** Zeros at each end, at most half of the kernel. @defaultValue `0` */
  readonly padding?: Size2d;
  /** Whether a last window may hang over the end, if it begins inside. @defaultValue `false` */
  readonly ceilMode?: boolean;
  /** Whether the zeros of the padding count in the means; what hangs over them never does. @defaultValue `true` */
  readonly countIncludePad?: boolean;
}

/**
 * The mean of each window along the last two dimensions.
 *
 * @param x - [N, C, H, W] or [C, H, W]
 * @returns [N, C, H', W'], each size floor((size + 2 padding - kernelSize) / stride) + 1, or with `ceilMode` rounded up
 * @throws ShapeError if the kernel does not fit into x; ArgumentError for an option outside its range.
 */
export function avgPool2d(x: Tensor, kernelSize: Size2d, options: AvgPool2dOptions = {}): Tensor {
  return avgPool('avgPool2d', 2, x, kernelSize, options);
}
