import { ShapeError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { normalizeDim, showShape, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { resized } from '../shape/define-copy.ts';
import { checkIndex } from './index-numbers.ts';
import { defineTake } from './take.ts';

export const indexSelectOp = /* @__PURE__ */ defineTake('indexSelect');

/**
 * The slices of x along `dim` that `index` names, in its order, as often as it names them.
 *
 * @param index - [count] int32 (or a scalar, for one), from 0 to the size of `dim` - 1.
 * @returns x's shape with `count` at `dim`.
 * @throws ArgumentError naming the first number that is out of range.
 */
export function indexSelect(x: Tensor, index: Tensor, options: { readonly dim: number }): Tensor {
  const { dim } = requireOptions('indexSelect', options, 'dim');
  const along = normalizeDim('indexSelect', dim, x.rank);
  if (index.rank > 1) {
    throw new ShapeError(
      `indexSelect: index has shape ${showShape(index.shape)}; it must have one dimension; use gather for more.`,
    );
  }
  checkIndex('indexSelect', 'index', index, { name: 'x', shape: x.shape, dim: along });
  const shape = resized(x.shape, along, index.size);
  return indexSelectOp.run([x, index, undefined], { shape, groups: sizeOf(shape, 0, along), width: sizeOf(shape, along + 1) })[0];
}
