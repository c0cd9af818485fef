import { settle } from '../../core/create.ts';
import { requireOptions } from '../../core/given.ts';
import { normalizeDim, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';

export interface SortOptions {
  /** The dimension along which to sort. @defaultValue `-1` */
  readonly dim?: number;
  /** Whether the largest come first. @defaultValue `false` */
  readonly descending?: boolean;
}

/** The places of the numbers in their order. Equal ones stay as they were, and so do NaNs, which are greater than all. */
function order(numbers: Float64Array, descending: boolean): Int32Array {
  const sign = descending ? -1 : 1;
  const greater = (a: number, b: number): number => Number(Number.isNaN(a)) - Number(Number.isNaN(b)) || a - b;
  return Int32Array.from(numbers.keys()).sort((i, j) => sign * greater(numbers[i]!, numbers[j]!));
}

/**
 * The indices that put x in order along `dim`, int32: `gather(x, argsort(x), { dim: -1 })` is sorted. Equal values keep their order, and NaN is
 * the largest.
 */
export function argsort(x: Tensor, options: SortOptions = {}): Tensor {
  const { dim = -1, descending = false } = requireOptions('argsort', options);
  const along = normalizeDim('argsort', dim, x.rank);
  const values = x.toTypedArray();
  const indices = new Int32Array(values.length);
  const inner = sizeOf(x.shape, along + 1);
  const numbers = new Float64Array(x.shape[along]!);
  const block = numbers.length * inner;
  for (let outer = 0; outer < values.length; outer += block) {
    for (let first = outer; first < outer + inner; first++) {
      for (let i = 0; i < numbers.length; i++) numbers[i] = values[first + i * inner]!;
      order(numbers, descending).forEach((place, i) => {
        indices[first + i * inner] = place;
      });
    }
  }
  return settle(x.shape, indices, 'int32');
}
