import { ArgumentError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { normalizeDim, showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { index } from './index.ts';

export interface NarrowOptions {
  readonly dim: number;
  /** The first position; negative ones count from the end. */
  readonly start: number;
  /** How many positions. */
  readonly length: number;
}

/**
 * The `length` slices of x along `dim` from `start` on.
 *
 * @throws ArgumentError if x has not as many.
 */
export function narrow(x: Tensor, options: NarrowOptions): Tensor {
  const { dim, start, length } = requireOptions('narrow', options, 'dim, start, length');
  const along = normalizeDim('narrow', dim, x.rank);
  const size = x.shape[along]!;
  const first = start < 0 ? start + size : start;
  if (!Number.isInteger(start) || !Number.isInteger(length) || first < 0 || length < 0 || first + length > size) {
    throw new ArgumentError(
      `narrow: start ${start} and length ${length} were given for dim ${along} of x ${showShape(x.shape)}; they must be integers that ` +
        `stay within its size ${size}.`,
    );
  }
  const items = Array.from({ length: along }, () => ({}));
  return index(x, [...items, { start: first, stop: first + length }]);
}
