import { ShapeError } from '../../core/errors.ts';
import { normalizeDim, type Shape, showShape, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { reshape } from './reshape.ts';

/**
 * x with its dimension `dim` split into those of `sizes`, one of which may be -1: heads of attention, pixels of rows.
 *
 * @throws ShapeError if they do not multiply to its size.
 */
export function unflatten(x: Tensor, dim: number, sizes: Shape): Tensor {
  const along = normalizeDim('unflatten', dim, x.rank);
  const size = x.shape[along]!;
  const known = sizeOf(sizes.filter((each) => each !== -1));
  const whole = sizes.map((each) => (each === -1 && known > 0 ? size / known : each));
  if (sizes.length === 0 || sizeOf(whole) !== size || !whole.every((each) => Number.isInteger(each) && each >= 0)) {
    throw new ShapeError(
      `unflatten: sizes ${showShape(sizes)} were given for dim ${along} of x ${showShape(x.shape)}; they must multiply to ${size}.`,
    );
  }
  return reshape(x, [...x.shape.slice(0, along), ...whole, ...x.shape.slice(along + 1)]);
}
