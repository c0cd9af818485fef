import { ShapeError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { normalizeDim, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { reshape } from './reshape.ts';

export interface FlattenOptions {
  /** @defaultValue `0` */
  readonly startDim?: number;
  /** @defaultValue `-1` */
  readonly endDim?: number;
}

/** x with the dimensions from `startDim` to `endDim` joined into one. */
export function flatten(x: Tensor, options: FlattenOptions = {}): Tensor {
  const { startDim = 0, endDim = -1 } = requireOptions('flatten', options, 'startDim, endDim');
  if (x.rank === 0) return reshape(x, [1]);
  const start = normalizeDim('flatten', startDim, x.rank);
  const end = normalizeDim('flatten', endDim, x.rank);
  if (start > end) throw new ShapeError(`flatten: startDim ${startDim} comes after endDim ${endDim}; it must not.`);
  return reshape(x, [...x.shape.slice(0, start), sizeOf(x.shape.slice(start, end + 1)), ...x.shape.slice(end + 1)]);
}
