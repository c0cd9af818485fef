import { requireOptions } from '../../core/given.ts';
import type { Size2d } from '../../core/per-axis.ts';
import type { Tensor } from '../../core/tensor.ts';
import { transposedConvolution } from './conv-sizes.ts';
import type { ConvTranspose1dOptions } from './conv-transpose1d.ts';
import { convOp, convOps2d } from './define-conv.ts';

/** Those of `convTranspose1d`, each size one for both dimensions or [height, width]. */
export type ConvTranspose2dOptions = ConvTranspose1dOptions<Size2d>;

export const convTranspose2dOp = /* @__PURE__ */ convOp(convOps2d, 'convTranspose');

/**
 * The transpose of `conv2d` with the same weight and options, as a linear map of x: its gradient in x. Plus the bias.
 *
 * @param x - [N, C, H, W] or [C, H, W]
 * @param weight - [C, outChannels / groups, kernelHeight, kernelWidth]
 * @returns [N, outChannels, H', W'], each (size - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1, without N if x has none
 * @throws ShapeError if channels, groups and x do not fit; ArgumentError for an option outside its range.
 */
export function convTranspose2d(x: Tensor, weight: Tensor, options: ConvTranspose2dOptions = {}): Tensor {
  requireOptions('convTranspose2d', options, 'bias, stride, padding, outputPadding, groups, dilation');
  const convolution = transposedConvolution('convTranspose2d', 2, x.shape, weight.shape, options);
  return convTranspose2dOp.run([x, weight, options.bias], convolution)[0];
}
