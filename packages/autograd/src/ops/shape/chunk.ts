import { ArgumentError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { normalizeDim } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { piecesOf, type SplitOptions, splitSizes } from './split.ts';

/**
 * x cut along `dim` into `chunks` parts of equal size, the last one smaller. They may be fewer, since the size is rounded up: 5 in 4 chunks
 * are 2, 2 and 1.
 */
export function chunk(x: Tensor, chunks: number, options: SplitOptions = {}): Tensor[] {
  const { dim = 0 } = requireOptions('chunk', options, 'dim');
  const along = normalizeDim('chunk', dim, x.rank);
  const total = x.shape[along]!;
  if (!Number.isInteger(chunks) || chunks < 1) {
    throw new ArgumentError(`chunk: ${chunks} chunks were asked for; the number must be a positive integer.`);
  }
  const sizes = total === 0 ? Array<number>(chunks).fill(0) : piecesOf(total, Math.ceil(total / chunks));
  return splitSizes(x, sizes, along);
}
