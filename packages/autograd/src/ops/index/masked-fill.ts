import { DTypeError } from '../../core/errors.ts';
import { broadcastShapes } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { where } from '../elementwise/where.ts';

/**
 * x with `value` where the mask is true. x and mask broadcast. What was filled has gradient 0.
 *
 * @param mask - bool.
 * @param value - A number, or a tensor of one element, which has the sum of the gradients there.
 */
export function maskedFill(x: Tensor, mask: Tensor, value: number | Tensor): Tensor {
  if (mask.dtype !== 'bool') throw new DTypeError(`maskedFill: mask is ${mask.dtype}; it must be bool; use .to('bool').`);
  broadcastShapes('maskedFill', x.shape, mask.shape);
  return where(mask, value, x);
}
