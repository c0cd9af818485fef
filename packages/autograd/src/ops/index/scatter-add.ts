import { requireFloat } from '../../core/dtype.ts';
import { DTypeError, ShapeError } from '../../core/errors.ts';
import { normalizeDim, showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { add } from '../elementwise/add.ts';
import { elementsOf } from './gather.ts';
import { index as part } from './index.ts';
import { addRows } from './take.ts';

/**
 * x with the elements of `source` added where `gather` with the same index would have read them: the transpose of gather.
 * y[i][index[i][j][k]][k] = x[..] + source[i][j][k] for `dim` 1 of three; several that go to one place add up, in their order.
 *
 * @param index - int32 with as many dimensions as x, each but `dim` at most as large, its numbers from 0 to the size of `dim` - 1.
 * @param source - At least as large as index in each dimension; what lies beyond is left out.
 * @throws ArgumentError naming the first number that is out of range.
 */
export function scatterAdd(x: Tensor, index: Tensor, source: Tensor, { dim }: { readonly dim: number }): Tensor {
  requireFloat('scatterAdd', 'x', x.dtype);
  if (source.dtype !== x.dtype) {
    throw new DTypeError(
      `scatterAdd: x is ${x.dtype} and source is ${source.dtype}; they must be of one dtype; convert with .to('${x.dtype}').`,
    );
  }
  const elements = elementsOf('scatterAdd', x, index, normalizeDim('scatterAdd', dim, x.rank));
  if (source.rank !== index.rank || index.shape.some((size, i) => size > source.shape[i]!)) {
    throw new ShapeError(
      `scatterAdd: source has shape ${showShape(source.shape)} and index ${showShape(index.shape)}; source must have as many dimensions and ` +
        'be at least as large in each.',
    );
  }
  const used = part(
    source,
    index.shape.map((stop) => ({ stop })),
  );
  return add(x, addRows(used, elements, { shape: x.shape, groups: 1, width: 1 }));
}
