/**
 * Layer normalization (Ba, Kiros and Hinton 2016, "Layer Normalization", eq. 4): each sample over its last dimensions.
 *
 *     y = (x - mean) rstd weight + bias,  rstd = 1 / sqrt(variance + eps), variance = <(x - mean)^2>
 *
 * Its gradient is the closed form of norm-layout.ts with one group a row: see there for the derivation. weight and bias act on every row
 * alike, so their gradients are sums over rows.
 */
import { requireOptions } from '../../core/given.ts';
import type { Shape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { defineContiguousNorm, rowsLayout } from './contiguous-norm.ts';
import type { AffineOptions } from './norm-layout.ts';

interface Options {
  readonly normalizedShape: Shape;
  readonly eps: number;
}

export const layerNormOp = /* @__PURE__ */ defineContiguousNorm('layerNorm', (shape, { normalizedShape }: Options) =>
  rowsLayout('layerNorm', shape, normalizedShape),
);

export type LayerNormOptions = AffineOptions;

/**
 * Normalizes each sample over its last dimensions (Ba, Kiros and Hinton 2016, eq. 4), with the biased variance. The same in training and
 * evaluation. A group of one value, or a constant one, gives exactly the bias.
 *
 * @param x - [.., ...normalizedShape]
 * @param normalizedShape - The last sizes of x; a number for the last one.
 * @throws ShapeError if x does not end in `normalizedShape`, or weight or bias has another shape.
 */
export function layerNorm(x: Tensor, normalizedShape: number | Shape, options: LayerNormOptions = {}): Tensor {
  const { weight, bias, eps = 1e-5 } = requireOptions('layerNorm', options, 'weight, bias, eps');
  const shape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
  return layerNormOp.run([x, weight, bias], { normalizedShape: shape, eps })[0];
}
