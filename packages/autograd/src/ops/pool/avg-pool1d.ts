import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { avgPool } from './box-mean.ts';

export interface AvgPool1dOptions<Size = number> {
  /** Steps between windows. @defaultValue the size of the kernel */
  readonly stride?: Size | undefined;
  /** Zeros at each end, at most half of the kernel. @defaultValue `0` */
  readonly padding?: Size;
  /** Whether a last window may hang over the end, if it begins inside. @defaultValue `false` */
  readonly ceilMode?: boolean;
  /** Whether the zeros of the padding count in the means; what hangs over them never does. @defaultValue `true` */
  readonly countIncludePad?: boolean;
}

/**
 * The mean of each window along the last dimension.
 *
 * @param x - [N, C, L] or [C, L]
 * @returns [N, C, floor((L + 2 padding - kernelSize) / stride) + 1], or with `ceilMode` rounded up
 * @throws ShapeError if the kernel does not fit into x; ArgumentError for an option outside its range.
 */
export function avgPool1d(x: Tensor, kernelSize: number, options: AvgPool1dOptions = {}): Tensor {
  requireOptions('avgPool1d', options, 'stride, padding, ceilMode, countIncludePad');
  return avgPool('avgPool1d', 1, x, kernelSize, options);
}
