import { requireOptions } from '../../core/given.ts';
import { normalizeDim, reducedShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { gather } from '../index/gather.ts';
import { reshape } from '../shape/reshape.ts';
import { amax } from './amax.ts';
import { argmax } from './argmax.ts';
import { requireElements } from './reduction.ts';

export interface ExtremeOptions {
  /** The dimension to search. */
  readonly dim: number;
  /** Whether it stays, with size 1. @defaultValue `false` */
  readonly keepdim?: boolean;
}

export interface Extremes {
  readonly values: Tensor;
  /** Where along `dim` they are, int32: the first of equal ones, and the first NaN before all. */
  readonly indices: Tensor;
}

/** The values at the indices that `search` finds along a dimension. */
export function extremes(op: string, search: typeof argmax, x: Tensor, options: ExtremeOptions): Extremes {
  const { dim, keepdim = false } = requireOptions(op, options, 'dim, keepdim');
  const at = normalizeDim(op, dim, x.rank);
  requireElements(op, x, [at]);
  const indices = search(x, { dim: at, keepdim: true });
  const shape = reducedShape(x.shape, [at], keepdim);
  return { values: reshape(gather(x, indices, { dim: at }), shape), indices: reshape(indices, shape) };
}

/**
 * The largest value of x, whose gradient equal ones share as in `amax`; or the largest along `dim` and their indices, where the first of
 * equal ones takes the gradient. NaN wins.
 *
 * @throws ShapeError if there is none.
 */
export function max(x: Tensor): Tensor;
export function max(x: Tensor, options: ExtremeOptions): Extremes;
export function max(x: Tensor, options?: ExtremeOptions): Tensor | Extremes {
  if (options !== undefined) return extremes('max', argmax, x, options);
  requireElements('max', x, [...x.shape.keys()]);
  return amax(x);
}
