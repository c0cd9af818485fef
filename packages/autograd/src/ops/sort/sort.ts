import { requireOptions } from '../../core/given.ts';
import { normalizeDim } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { gather } from '../index/gather.ts';
import { argsort, type SortOptions } from './argsort.ts';

export interface Sorted {
  readonly values: Tensor;
  /** Where along `dim` they were, int32. */
  readonly indices: Tensor;
}

/** x in order along `dim`, and the indices of `argsort`: equal values keep their order, and NaN is the largest. */
export function sort(x: Tensor, options: SortOptions = {}): Sorted {
  const { dim = -1, descending = false } = requireOptions('sort', options, 'dim, descending');
  const along = normalizeDim('sort', dim, x.rank);
  const indices = argsort(x, { dim: along, descending });
  return { values: gather(x, indices, { dim: along }), indices };
}
