import { ShapeError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { layerNorm } from './layer-norm.ts';

/**
 * The weight of a layer with mean 0 and variance 1 over the inputs of each output (Qiao et al. 2019, "Micro-batch training with batch-channel
 * normalization and weight standardization", eqs. 10 and 11): it is the layer norm of its rows. For convolutions that group norm follows.
 *
 * @param weight - [outputs, ...]
 * @throws ShapeError if an output has no inputs to standardize over.
 */
export function weightStandardization(weight: Tensor, options: { readonly eps?: number } = {}): Tensor {
  const { eps = 1e-5 } = requireOptions('weightStandardization', options, 'eps');
  if (weight.rank < 2) {
    throw new ShapeError(
      `weightStandardization: weight has shape ${showShape(weight.shape)}; it must be [outputs, ...] with 2 dimensions or more.`,
    );
  }
  return layerNorm(weight, weight.shape.slice(1), { eps });
}
