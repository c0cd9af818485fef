import type { Shape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { rowsLayout } from './contiguous-norm.ts';
import type { LayerNormOptions } from './layer-norm.ts';
import { maskedNorm, validEntries } from './masked-norm.ts';

/**
 * Layer norm of padded data: the statistics of a sample are those of its valid entries. The output is 0 in the padding; what is in it changes
 * no output and no gradient. A sample of one valid entry gives exactly the bias there.
 *
 * @param x - [.., ...normalizedShape]
 * @param mask - bool of the first dimensions of x, as [N, L] of [N, L, E], true where x is valid; or bool that broadcasts to x; or int32 lengths
 * [N] along dim 1.
 * @param normalizedShape - The last sizes of x; a number for the last one.
 * @throws ShapeError if the mask, normalizedShape or a parameter does not fit x.
 */
export function maskedLayerNorm(
  x: Tensor,
  mask: Tensor,
  normalizedShape: number | Shape,
  options: LayerNormOptions = {},
): Tensor {
  const op = 'maskedLayerNorm';
  const layout = rowsLayout(op, x.shape, typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape);
  return maskedNorm(op, x, validEntries(op, x, mask, false), options, layout).y;
}
