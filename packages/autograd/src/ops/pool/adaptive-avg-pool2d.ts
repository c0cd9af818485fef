import type { Tensor } from '../../core/tensor.ts';
import { adaptiveAvgPool } from './box-mean.ts';

/** One number for height and width, or a pair; null keeps a size as it is. */
export type AdaptiveSize2d = number | readonly [height: number | null, width: number | null];

/**
 * Means over windows that cover the last two dimensions, `outputSize` of them along each: window o goes from
 * floor(o size / outputSize) up to ceil((o + 1) size / outputSize), so that neighbours share an element where the sizes do not divide.
 *
 * @param x - [N, C, H, W] or [C, H, W]
 * @returns [N, C, ...outputSize]
 * @throws ShapeError for an x of another rank; ArgumentError if `outputSize` has no integers from 0 up.
 */
export function adaptiveAvgPool2d(x: Tensor, outputSize: AdaptiveSize2d): Tensor {
  return adaptiveAvgPool('adaptiveAvgPool2d', 2, x, outputSize);
}
