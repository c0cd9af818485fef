import { requireOptions } from '../../core/given.ts';
import type { Shape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { where } from '../elementwise/where.ts';
import { rowsLayout } from './contiguous-norm.ts';
import { type LayerNormOptions, layerNorm } from './layer-norm.ts';
import { maskedNorm, validEntries } from './masked-norm.ts';
import { checkNorm } from './norm-layout.ts';

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
  requireOptions('maskedLayerNorm', options, 'weight, bias, eps');
  const op = 'maskedLayerNorm';
  const shape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
  const layout = rowsLayout(op, x.shape, shape);
  const valid = validEntries(op, x, mask, false);
  if (valid.shape.slice(-shape.length).some((size) => size !== 1)) return maskedNorm(op, x, valid, options, layout).y;
  // Samples are valid or not as a whole.
  checkNorm(op, x, options.weight, options.bias, options.eps ?? 1e-5, layout);
  return where(valid, layerNorm(where(valid, x, 0), shape, options), 0);
}
