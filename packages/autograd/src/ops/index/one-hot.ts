import { arange } from '../../core/create.ts';
import type { DType } from '../../core/dtype.ts';
import { requireOptions } from '../../core/given.ts';
import { checkShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { cast } from '../elementwise/cast.ts';
import { eq } from '../elementwise/compare.ts';
import { unsqueeze } from '../shape/squeeze.ts';
import { checkIndex } from './index-numbers.ts';

/**
 * A row for each index, 0 everywhere but for a 1 at the place it names.
 *
 * @param indices - int32 of any shape, from 0 to numClasses - 1.
 * @param options - `dtype` of the result; as in PyTorch, integers by default.
 * @returns [...indices, numClasses]
 * @throws ArgumentError naming the first index that is out of range.
 */
export function oneHot(indices: Tensor, numClasses: number, options: { readonly dtype?: DType } = {}): Tensor {
  const { dtype = 'int32' } = requireOptions('oneHot', options, 'dtype');
  const shape = checkShape('oneHot', [...indices.shape, numClasses]);
  checkIndex('oneHot', 'indices', indices, { name: 'the result', shape, dim: indices.rank });
  return cast(eq(unsqueeze(indices, -1), arange(numClasses, { dtype: 'int32' })), dtype);
}
