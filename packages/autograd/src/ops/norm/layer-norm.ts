/**
 * Layer normalization (Ba, Kiros and Hinton 2016, "Layer Normalization", eq. 4): each sample over its last dimensions.
 *
 *     y = (x - mean) rstd weight + bias,  rstd = 1 / sqrt(variance + eps), variance = <(x - mean)^2>
 *
 * Its gradient is the closed form of norm-layout.ts with one group a row: see there for the derivation. weight and bias act on every row
 * alike, so their gradients are sums over rows.
 */
import { defineOp } from '../../core/define-op.ts';
import { requireFloat } from '../../core/dtype.ts';
import type { Shape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { contiguousForward, contiguousFused, rowsLayout } from './contiguous-norm.ts';
import { checkAffine, checkEps, normBackward, normReference } from './norm-layout.ts';

interface Options {
  readonly normalizedShape: Shape;
  readonly eps: number;
}
const layoutOf = (x: { readonly shape: Shape }, { normalizedShape }: Options) =>
  rowsLayout('layerNorm', x.shape, normalizedShape);

export const layerNormOp = /* @__PURE__ */ defineOp({
  name: 'layerNorm',
  inputs: ['x', 'weight?', 'bias?'],
  outputs: ['y'],
  hidden: ['mean', 'rstd'],
  infer([x, weight, bias], options: Options) {
    requireFloat('layerNorm', 'x', x.dtype);
    checkEps('layerNorm', options.eps);
    const { statistics } = layoutOf(x, options);
    checkAffine('layerNorm', x, weight, bias, options.normalizedShape, 'the normalizedShape');
    return [x, { shape: statistics, dtype: 'float64' }, { shape: statistics, dtype: 'float64' }];
  },
  forward([x, weight, bias], [y, mean, rstd], options) {
    contiguousForward(x, weight, bias, y, mean, rstd, { eps: options.eps, layout: layoutOf(x, options) });
  },
  backward: ({ inputs: [x, weight], outputs: [, mean, rstd] }, cotangents, options) =>
    normBackward({ x, weight, mean, rstd }, cotangents, layoutOf(x, options)),
  fused: ({ inputs: [x, weight, bias], outputs: [, mean, rstd] }, [dy], wanted, options) =>
    contiguousFused(dy, x, weight, bias, mean, rstd, wanted, { layout: layoutOf(x, options) }),
  reference: ([x, weight, bias], options) => normReference(x, weight, bias, options.eps, layoutOf(x, options)),
});

export interface LayerNormOptions {
  /** Of the normalized shape; absent counts as ones. */
  readonly weight?: Tensor | undefined;
  /** Of the normalized shape; absent counts as zeros. */
  readonly bias?: Tensor | undefined;
  /** Added to the variance inside the root; from 0 up. @defaultValue `1e-5` */
  readonly eps?: number;
}

/**
 * Normalizes each sample over its last dimensions (Ba, Kiros and Hinton 2016, eq. 4), with the biased variance. The same in training and
 * evaluation. A group of one value, or a constant one, gives exactly the bias.
 *
 * @param x - [.., ...normalizedShape]
 * @param normalizedShape - The last sizes of x; a number for the last one.
 * @throws ShapeError if x does not end in `normalizedShape`, or weight or bias has another shape.
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: number | Shape,
  { weight, bias, eps = 1e-5 }: LayerNormOptions = {},
): Tensor {
  const shape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
  return layerNormOp.run([x, weight, bias], { normalizedShape: shape, eps })[0];
}
