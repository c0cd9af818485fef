import { requireOptions } from '../../core/given.ts';
import type { Size2d } from '../../core/per-axis.ts';
import type { Tensor } from '../../core/tensor.ts';
import { convolution } from './conv-sizes.ts';
import type { Conv1dOptions } from './conv1d.ts';
import { convOp, convOps2d } from './define-conv.ts';

/** Those of `conv1d`, each size one for both dimensions or [height, width]. */
export type Conv2dOptions = Conv1dOptions<Size2d>;

export const conv2dOp = /* @__PURE__ */ convOp(convOps2d, 'conv');

/**
 * Cross-correlation along the last two dimensions:
 * y[o, p, q] = bias[o] + sum over c, i, j of x[c, p stride - padding + i dilation, q stride - padding + j dilation] weight[o, c, i, j].
 *
 * @param x - [N, C, H, W] or [C, H, W]
 * @param weight - [outChannels, C / groups, kernelHeight, kernelWidth]
 * @returns [N, outChannels, H', W'], each size floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1, without N if x has none
 * @throws ShapeError if channels, groups, kernel and x do not fit; ArgumentError for an option outside its range.
 */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  requireOptions('conv2d', options, 'bias, stride, padding, dilation, groups');
  return conv2dOp.run([x, weight, options.bias], convolution('conv2d', 2, x.shape, weight.shape, options))[0];
}
