import { settle } from '../../core/create.ts';
import { ShapeError } from '../../core/errors.ts';
import { normalizeDim, showShape, stridesOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { addOffsets, checkNumbers, numbersOf } from './index-numbers.ts';
import { defineTake } from './take.ts';

export const gatherOp = /* @__PURE__ */ defineTake('gather');

/** For each element of index the number of the element of x that has its coordinates, but for `dim`, where index says which. */
export function elementsOf(op: string, x: Tensor, index: Tensor, dim: number): Tensor {
  const { shape } = index;
  if (index.rank !== x.rank || shape.some((size, i) => i !== dim && size > x.shape[i]!)) {
    throw new ShapeError(
      `${op}: index has shape ${showShape(shape)} and x ${showShape(x.shape)}; they must have equally many dimensions, and index must not ` +
        `be larger in any but dim ${dim}; expand or narrow it.`,
    );
  }
  const numbers = numbersOf(op, 'index', index);
  checkNumbers(op, numbers, shape, { name: 'x', shape: x.shape, dim });
  const strides = stridesOf(x.shape);
  const stride = strides[dim]!;
  strides[dim] = 0;
  addOffsets(numbers, stride, shape, strides);
  return settle(shape, numbers, 'int32');
}

/**
 * y[i][j][k] = x[i][index[i][j][k]][k] for `dim` 1 of three; likewise for any.
 *
 * @param index - int32 with as many dimensions as x, each but `dim` at most as large, its numbers from 0 to the size of `dim` - 1.
 * @returns the shape of index.
 * @throws ArgumentError naming the first number that is out of range.
 */
export function gather(x: Tensor, index: Tensor, { dim }: { readonly dim: number }): Tensor {
  const elements = elementsOf('gather', x, index, normalizeDim('gather', dim, x.rank));
  return gatherOp.run([x, elements, undefined], { shape: index.shape, groups: 1, width: 1 })[0];
}
