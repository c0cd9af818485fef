import { sizeOf, stridesOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { defineCopy } from '../shape/define-copy.ts';
import { reshape } from '../shape/reshape.ts';
import { type IndexItem, viewOf } from './index-view.ts';

export type { IndexItem, Slice } from './index-view.ts';

export const indexOp = /* @__PURE__ */ defineCopy('index');

/**
 * Part of x, by one item for each of its dimensions from the first on; dimensions without an item are taken whole.
 *
 *     index(x, [0]); // x[0]
 *     index(x, ['...', -1]); // x[..., -1]
 *     index(x, [{ start: 1, step: 2 }, null, 3]); // x[1::2, None, 3]
 *
 * @param items - A number takes one position, whose dimension goes; a `Slice` a range of them; `'...'` stands for as many whole dimensions
 * as are left, and `null` makes a new one of size 1.
 * @throws ArgumentError if a number is out of range or a slice's step is not positive.
 * @throws ShapeError if x has fewer dimensions than there are items.
 */
export function index(x: Tensor, items: readonly IndexItem[]): Tensor {
  const { shape, strides, offset } = viewOf(x.shape, items);
  // A view keeps the order of elements: as many of them as x has are all of x.
  if (sizeOf(shape) === x.size) return reshape(x, shape);
  const piece = { shape, from: { tensor: 0, offset, strides }, to: { tensor: 0, offset: 0, strides: stridesOf(shape) } };
  return indexOp.run([x], { shapes: [shape], pieces: [piece] })[0]!;
}
