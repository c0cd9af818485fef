import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { type GroupNormOptions, groupsLayout } from './group-norm.ts';
import { maskedNorm, validEntries } from './masked-norm.ts';

/**
 * Group norm of padded data: the statistics of a group are those of its valid entries. The output is 0 in the padding; what is in it changes
 * no output and no gradient. A group of one valid entry gives exactly the bias there.
 *
 * @param x - [N, C, ...space]
 * @param mask - bool [N, ...space] or fewer of these, true where x is valid; or bool that broadcasts to x; or int32 lengths [N] along the first
 * dimension of space.
 * @param numGroups - How many groups the C channels form; divides C.
 * @throws ShapeError if the mask or a parameter does not fit x, or C is not divisible.
 */
export function maskedGroupNorm(x: Tensor, mask: Tensor, numGroups: number, options: GroupNormOptions = {}): Tensor {
  requireOptions('maskedGroupNorm', options, 'weight, bias, eps');
  const op = 'maskedGroupNorm';
  const layout = groupsLayout(op, x.shape, numGroups);
  return maskedNorm(op, x, validEntries(op, x, mask, true), options, layout).y;
}
