import type { Tensor } from '../../core/tensor.ts';
import { amin } from './amin.ts';
import { argmin } from './argmin.ts';
import { type ExtremeOptions, type Extremes, extremes } from './max.ts';
import { requireElements } from './reduction.ts';

/**
 * The smallest value of x, whose gradient equal ones share as in `amin`; or the smallest along `dim` and their indices, where the first of
 * equal ones takes the gradient. NaN wins.
 *
 * @throws ShapeError if there is none.
 */
export function min(x: Tensor): Tensor;
export function min(x: Tensor, options: ExtremeOptions): Extremes;
export function min(x: Tensor, options?: ExtremeOptions): Tensor | Extremes {
  if (options !== undefined) return extremes('min', argmin, x, options);
  requireElements('min', x, [...x.shape.keys()]);
  return amin(x);
}
