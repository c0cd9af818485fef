import type { Size2d } from '../../core/per-axis.ts';
import type { Tensor } from '../../core/tensor.ts';
import { convolution } from './conv-sizes.ts';
import { convOps2d } from './define-conv.ts';

export interface Conv2dOptions {
  /** [outChannels] @defaultValue none */
  readonly bias?: Tensor | undefined;
  /** Steps between outputs. @defaultValue `1` */
  readonly stride?: Size2d;
  /** Zeros at each end; `'same'`: as many as keep the size (stride 1; the odd one goes behind). @defaultValue `0`, which is `'valid'` */
  readonly padding?: Size2d | 'same' | 'valid';
  /** Steps between the elements of the kernel. @defaultValue `1` */
  readonly dilation?: Size2d;
  /** Into how many groups the channels are split; each output channel sees the input channels of its group. @defaultValue `1` */
  readonly groups?: number;
}

export const conv2dOp = convOps2d.conv;

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
  return conv2dOp.run([x, weight, options.bias], convolution('conv2d', 2, x.shape, weight.shape, options))[0];
}
